import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'

/**
 * Keeps packages from starting their services before they are configured, until the shell that runs this ends:
 * invoke-rc.d and deb-systemd-invoke ask policy-rc.d before they do anything, and 101 forbids it. To stop a service is
 * allowed, for what is removed, and for packages that can't be upgraded beside it (MySQL's); what ran before runs again
 * at the end. Ours is bound to the life of this process, so that one left by a power cut forbids nothing; a user's own
 * is kept beside it, asked when ours has run out, and put back at the end. Sets the shell's EXIT trap. For use under
 * `set -eu`.
 * @param path where the helpers of Debian look
 * @param stopped where it is noted what was stopped; no longer than until a reboot, which starts what is enabled. Without
 *   a quote or `$`
 */
export function policyGuard(path = '/usr/sbin/policy-rc.d', stopped = '/run/provision-stopped'): Script {
  return joinScripts([sh`policy=${path} policy_stopped=${stopped}`, GUARD])
}

const GUARD = rawScript(
  [
    'policy_kept=$policy.provision-kept; policy_mark="# provision: for the length of one apt transaction"',
    'policy_restore() {',
    '  if grep -qsxF -- "$policy_mark" "$policy"; then',
    '    if [ -e "$policy_kept" ]; then mv -f -- "$policy_kept" "$policy"; else rm -f -- "$policy"; fi',
    // Not ours: killed between the copy and the replacement.
    '  else rm -f -- "$policy_kept"; fi',
    '  [ -e "$policy_stopped" ] || return 0',
    // What was removed is no unit any more.
    '  for unit in $(sort -u "$policy_stopped"); do',
    '    if systemctl -q is-active "$unit" || ! systemctl cat "$unit" >/dev/null 2>&1; then continue; fi',
    '    echo "provision: starting $unit again, which its package stopped"',
    '    systemctl start "$unit" || :',
    '  done',
    '  rm -f -- "$policy_stopped"',
    '}',
    'policy_restore',
    'trap \'rc=$?; policy_restore; exit "$rc"\' EXIT',
    "trap 'exit 143' TERM; trap 'exit 130' INT; trap 'exit 129' HUP",
    'if [ -e "$policy" ]; then cp -a -- "$policy" "$policy_kept"; fi',
    // A process is its number and the moment of its start, field 22 of proc_pid_stat(5).
    'policy_born=$(cut -d" " -f22 "/proc/$$/stat")',
    '{',
    '  printf "%s\\n" "#!/bin/sh" "$policy_mark"',
    `  printf 'if [ "$(cut -d" " -f22 /proc/%s/stat 2>/dev/null)" = %s ]; then\\n' "$$" "$policy_born"`,
    `  printf '  case $2 in stop | "(stop)") ;; *) exit 101 ;; esac\\n'`,
    `  printf '  if systemctl -q is-active "$1"; then echo "$1" >>"%s"; fi\\nfi\\n' "$policy_stopped"`,
    `  printf 'if [ -x "$0.provision-kept" ]; then exec "$0.provision-kept" "$@"; fi\\nexit 0\\n'`,
    '} >"$policy.provision-new"',
    'chmod 0755 -- "$policy.provision-new"',
    'mv -f -- "$policy.provision-new" "$policy"',
  ].join('\n'),
)
