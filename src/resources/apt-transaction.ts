import { rawScript, type Script, sh } from '../shell/script.ts'

/** What one transaction does. Names are checked (no blanks); a version may end in `*`. */
export interface AptWork {
  /** To install or to move to another version: `version` undefined takes the candidate. */
  readonly install: readonly { readonly name: string; readonly version?: string | undefined }[]
  /** Half installed ones, to be finished at the version they have. */
  readonly repair: readonly string[]
  readonly remove: readonly string[]
  /** To lose their configuration files as well; those in `remove` too. */
  readonly purge: readonly string[]
  readonly hold: readonly string[]
  readonly unhold: readonly string[]
  /** The lists on the host can't tell what to install. */
  readonly update: boolean
}

/** One apt transaction, for use under `set -eu`; safe to run twice. */
export function aptTransaction(work: AptWork): Script {
  const names = work.install.map((one) => one.name)
  const targets = work.install.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`))
  return sh`
    ${SETUP}
    update=${work.update ? 'yes' : ''}
    installs=${words(targets)}
    install_names=${words(names)}
    repairs=${words(work.repair)}
    removals=${words(work.remove.map((name) => `${name}-`))}
    remove_names=${words(work.remove)}
    purges=${words(work.purge)}
    holds=${words(work.hold)}
    unholds=${words([...work.unhold, ...work.hold])}
    ${TRANSACTION}
  `
}

/** Package names hold no blanks and no wildcards other than a version's `*`; `set -f` keeps that from matching files. */
const words = (all: readonly string[]): string => all.join(' ')

/**
 * invoke-rc.d and deb-systemd-invoke ask policy-rc.d before they start anything: 101 forbids it, so that no service
 * runs before it is configured. Ours is bound to the life of this process, so that one left by a power cut forbids
 * nothing; a user's own is kept beside it, asked when ours has run out, and put back at the end.
 */
const SETUP = rawScript(
  [
    'set -f',
    'export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none',
    'policy=/usr/sbin/policy-rc.d; kept=$policy.provision-kept; mark="# provision: for the length of one apt transaction"',
    'policy_restore() {',
    '  if grep -qsxF -- "$mark" "$policy"; then',
    '    if [ -e "$kept" ]; then mv -f -- "$kept" "$policy"; else rm -f -- "$policy"; fi',
    '  else rm -f -- "$kept"; fi',
    '}',
    'policy_arm() {',
    '  if [ -e "$policy" ]; then cp -a -- "$policy" "$kept"; fi',
    '  born=$(cut -d" " -f22 "/proc/$$/stat")',
    '  { printf "%s\\n" "#!/bin/sh" "$mark" \\',
    `      'if [ "$(cut -d" " -f22 /proc/'"$$"'/stat 2>/dev/null)" = '"$born"' ]; then exit 101; fi' \\`,
    `      "if [ -x $kept ]; then exec $kept"' "$@"; fi' "exit 0"; } >"$policy.provision-new"`,
    '  chmod 0755 -- "$policy.provision-new"; mv -f -- "$policy.provision-new" "$policy"',
    '}',
    'fail() { printf "provision: %s\\n" "$*"; exit 1; }',
    'get() { apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }',
    // Debian's default would bring recommended packages, which nobody declared.
    'change() {',
    '  get -y --no-install-recommends --allow-downgrades -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \\',
    '    -o Dpkg::Options::=--force-confold "$@"',
    '}',
    'installed() { dpkg-query -W -f="\\${db:Status-Abbrev}\\n" "$1" 2>/dev/null | grep -q "^.i "; }',
    // The candidate, or nothing for a name that apt does not know or that is only virtual.
    'candidate() { apt-cache policy "$1" 2>/dev/null | sed -n "s/^  Candidate: //p" | grep -vxF "(none)"; }',
    'listed() { [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name "*Packages*" -print -quit)" ]; }',
    'fresh() {',
    '  listed && [ -n "$(find /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp -maxdepth 0 -mmin -1440 2>/dev/null)" ]',
    '}',
    'known() { for name in $install_names; do candidate "$name" >/dev/null || return 1; done; }',
    // Not with the lock's timeout: the lists have a lock of their own, which does not wait.
    'refresh() {',
    '  for pause in 5 15 0; do',
    '    if get update -o APT::Update::Error-Mode=any; then touch /var/lib/apt/lists; return 0; fi',
    '    sleep "$pause"',
    '  done',
    '  echo "provision: apt-get update failed; going on with the lists that are here"',
    '}',
  ].join('\n'),
)

/** Lost with any of these: the tool's way in, or what it works with. */
const VITAL = 'openssh-server sudo sudo-rs systemd systemd-sysv init dbus apt dpkg coreutils dash'

const TRANSACTION = rawScript(
  [
    'policy_restore',
    'trap \'rc=$?; policy_restore; exit "$rc"\' EXIT',
    "trap 'exit 143' TERM; trap 'exit 130' INT; trap 'exit 129' HUP",
    'policy_arm',
    // What an earlier run, or a power cut, left half done. `check` waits for another apt to finish first.
    'if [ -n "$(dpkg --audit)" ] || [ -n "$(find /var/lib/dpkg/updates -name "[0-9]*")" ]; then',
    '  get check >/dev/null || true',
    '  echo "provision: finishing what dpkg was interrupted in"',
    '  dpkg --configure -a --force-confdef --force-confold || change -f install',
    'fi',
    'if [ -n "$installs" ]; then',
    '  if [ -n "$update" ] || ! fresh || ! known; then refresh; fi',
    '  for name in $install_names; do',
    '    installed "$name" || candidate "$name" >/dev/null ||',
    '      fail "package $name: no installation candidate (unknown to the repositories of this host, or virtual)"',
    '  done',
    'fi',
    'if [ -n "$unholds" ]; then',
    '  for name in $unholds; do if installed "$name"; then apt-mark -q unhold "$name"; fi; done',
    'fi',
    'if [ -n "$installs$removals" ]; then',
    '  plan=$(change -s install $installs $removals) || { printf "%s\\n" "$plan"; fail "apt finds no way to do this"; }',
    '  manual=$(apt-mark showmanual)',
    '  extra=',
    '  for name in $(printf "%s\\n" "$plan" | sed -n "s/^\\(Remv\\|Purg\\) \\([^ ]*\\) .*/\\2/p" | sort -u); do',
    '    case " $remove_names " in *" $name "*) continue ;; esac',
    `    case " ${VITAL} " in *" \${name%%:*} "*) extra="$extra $name"; continue ;; esac`,
    '    if printf "%s\\n" "$manual" | grep -qxF -- "$name"; then extra="$extra $name"',
    '    else echo "provision: $name goes too; apt had installed it for others"; fi',
    '  done',
    '  [ -z "$extra" ] || fail "refused: this would also remove$extra. Declare them absent, or keep what needs them"',
    '  change install $installs $removals',
    'fi',
    'for name in $repairs; do installed "$name" || change --reinstall install "$name"; done',
    'if [ -n "$purges" ]; then change purge $purges; fi',
    'if [ -n "$holds" ]; then apt-mark -q hold $holds; fi',
    // apt takes a provider for a virtual name and reports success.
    'for name in $install_names $repairs; do installed "$name" || fail "package $name is not installed after all"; done',
    'for name in $remove_names; do if installed "$name"; then fail "package $name is still installed"; fi; done',
  ].join('\n'),
)
