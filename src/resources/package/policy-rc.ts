import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'

/**
 * Keeps packages from starting their services before they are configured, until the shell that runs this ends:
 * invoke-rc.d and deb-systemd-invoke ask policy-rc.d before they start anything, and 101 forbids it. Ours is bound to
 * the life of this process, so that one left by a power cut forbids nothing; a user's own is kept beside it, asked when
 * ours has run out, and put back at the end. Sets the shell's EXIT trap. For use under `set -eu`.
 * @param path where the helpers of Debian look
 */
export function policyGuard(path = '/usr/sbin/policy-rc.d'): Script {
  return joinScripts([sh`policy=${path}`, GUARD])
}

const GUARD = rawScript(
  [
    'policy_kept=$policy.provision-kept; policy_mark="# provision: for the length of one apt transaction"',
    'policy_restore() {',
    '  if grep -qsxF -- "$policy_mark" "$policy"; then',
    '    if [ -e "$policy_kept" ]; then mv -f -- "$policy_kept" "$policy"; else rm -f -- "$policy"; fi',
    // Not ours: killed between the copy and the replacement.
    '  else rm -f -- "$policy_kept"; fi',
    '}',
    'policy_restore',
    'trap \'rc=$?; policy_restore; exit "$rc"\' EXIT',
    "trap 'exit 143' TERM; trap 'exit 130' INT; trap 'exit 129' HUP",
    'if [ -e "$policy" ]; then cp -a -- "$policy" "$policy_kept"; fi',
    // A process is its number and the moment of its start, field 22 of proc_pid_stat(5).
    'policy_born=$(cut -d" " -f22 "/proc/$$/stat")',
    '{',
    '  printf "%s\\n" "#!/bin/sh" "$policy_mark"',
    `  printf 'if [ "$(cut -d" " -f22 /proc/%s/stat 2>/dev/null)" = %s ]; then exit 101; fi\\n' "$$" "$policy_born"`,
    `  printf 'if [ -x "$0.provision-kept" ]; then exec "$0.provision-kept" "$@"; fi\\nexit 0\\n'`,
    '} >"$policy.provision-new"',
    'chmod 0755 -- "$policy.provision-new"',
    'mv -f -- "$policy.provision-new" "$policy"',
  ].join('\n'),
)
