import { rawScript, type Script, sh } from '../../shell/script.ts'
import { packagingEnvironment } from './environment.ts'
import { UPDATE_LISTS } from './lists.ts'
import { policyGuard } from './policy-rc.ts'

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
  /** What else may be removed for it. */
  readonly mayGo: readonly string[]
  /** The lists on the host can't tell what to install. */
  readonly update: boolean
}

/** One apt transaction, for use under `set -eu`; safe to run twice. */
export function aptTransaction(work: AptWork): Script {
  const names = work.install.map((one) => one.name)
  const targets = work.install.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`))
  return sh`
    ${packagingEnvironment}
    ${SETUP}
    ${UPDATE_LISTS}
    ${policyGuard()}
    update=${work.update ? 'yes' : ''}
    installs=${words(targets)}
    install_names=${words(names)}
    repairs=${words(work.repair)}
    removals=${words(work.remove.map((name) => `${name}-`))}
    remove_names=${words(work.remove)}
    purges=${words(work.purge)}
    may_go=${words(work.mayGo)}
    holds=${words(work.hold)}
    unholds=${words([...work.unhold, ...work.hold])}
    ${TRANSACTION}
  `
}

/** Package names hold no blanks and no wildcards other than a version's `*`; `set -f` keeps that from matching files. */
const words = (all: readonly string[]): string => all.join(' ')

/** Lost with any of these: the tool's way in, or what it works with. */
const VITAL = 'openssh-server sudo sudo-rs systemd systemd-sysv init dbus apt dpkg coreutils dash'

const SETUP = rawScript(
  [
    'set -f',
    'export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none',
    'native=$(dpkg --print-architecture)',
    'fail() { printf "provision: %s\\n" "$*"; exit 1; }',
    'get() { apt-get -q -o DPkg::Lock::Timeout=300 "$@"; }',
    // Debian's default would bring recommended packages, which nobody declared.
    'change() {',
    '  get -y --no-install-recommends --allow-downgrades -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef \\',
    '    -o Dpkg::Options::=--force-confold "$@"',
    '}',
    'installed() { dpkg-query -W -f="\\${db:Status-Abbrev}\\n" "$1" 2>/dev/null | grep -q "^.i "; }',
    // The named ones that are neither installed nor have a candidate: unknown to apt, or only virtual.
    'unknown() {',
    `  offered=$(apt-cache policy $install_names 2>/dev/null | awk '/^[^ ]/ { sub(/:$/, ""); name = $0 } $1 == "Candidate:" && $2 != "(none)" { print name }')`,
    '  for name in $install_names; do',
    '    printf "%s\\n" "$offered" | grep -qxF -e "$name" -e "${name%":$native"}" || installed "$name" || printf "%s " "$name"',
    '  done',
    '}',
    // Installs and removes what was declared, and refuses to lose anything else that somebody wanted.
    'guarded() {',
    '  plan=$(change -s install $installs $removals) || { printf "%s\\n" "$plan"; fail "apt finds no way to do this"; }',
    '  manual=$(apt-mark showmanual)',
    '  extra=',
    '  for name in $(printf "%s\\n" "$plan" | sed -n "s/^\\(Remv\\|Purg\\) \\([^ ]*\\) .*/\\2/p" | sort -u); do',
    '    case " $remove_names $may_go " in *" $name "* | *" $name:$native "* | *" ${name%":$native"} "*) continue ;; esac',
    `    case " ${VITAL} " in *" \${name%%:*} "*) extra="$extra $name"; continue ;; esac`,
    // A library that came for others goes where they need another one.
    '    case $name in lib*) printf "%s\\n" "$manual" | grep -qxF -e "$name" || { echo "provision: $name goes too"; continue; } ;; esac',
    '    extra="$extra $name"',
    '  done',
    '  [ -z "$extra" ] || fail "refused: this would also remove$extra. Declare them absent, or keep what needs them"',
    '  change install $installs $removals',
    '}',
    'listed() { [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name "*Packages*" -print -quit)" ]; }',
    'fresh() {',
    '  listed && [ -n "$(find /var/lib/apt/lists /var/lib/apt/periodic/update-success-stamp -maxdepth 0 -mmin -1440 2>/dev/null)" ]',
    '}',
    'refresh() {',
    '  for pause in 5 15 0; do',
    '    if update_lists -o APT::Update::Error-Mode=any; then touch /var/lib/apt/lists; return 0; fi',
    '    [ -z "$lists_locked" ] || fail "$lists_locked"',
    '    sleep "$pause"',
    '  done',
    '  echo "provision: apt-get update failed; going on with the lists that are here"',
    '}',
  ].join('\n'),
)

const TRANSACTION = rawScript(
  [
    // What an earlier run, or a power cut, left half done. `check` waits for another apt to finish first.
    'if [ -n "$(dpkg --audit)" ] || [ -n "$(find /var/lib/dpkg/updates -name "[0-9]*")" ]; then',
    '  get check >/dev/null || true',
    '  echo "provision: finishing what dpkg was interrupted in"',
    '  dpkg --configure -a --force-confdef --force-confold || change -f install',
    'fi',
    'if [ -n "$installs" ]; then',
    '  if [ -n "$update" ] || ! fresh || [ -n "$(unknown)" ]; then refresh; fi',
    '  missing=$(unknown)',
    '  [ -z "$missing" ] || fail "no installation candidate (unknown to the repositories of this host, or virtual): $missing"',
    'fi',
    'if [ -n "$unholds" ]; then',
    '  for name in $unholds; do if installed "$name"; then apt-mark -q unhold "$name"; fi; done',
    'fi',
    // A maintainer script may fail at its first try only: Debian's mysql-server 9.7 shuts its new server down while that
    // still makes its views, and sometimes wins. What is unpacked then is configured once more.
    'add() { change --no-remove install $installs; }',
    'again() { [ -n "$(dpkg --audit)" ] && dpkg --configure -a --force-confdef --force-confold && add; }',
    'if [ -n "$installs$removals" ]; then',
    // Where nothing goes there is nothing to refuse: that is known without a simulation, which costs as much as reading
    // all lists does. When it fails, a simulation tells whether that was why.
    '  if [ -n "$removals" ] || ! { add || again; }; then',
    '    if [ -z "$removals" ] && change --no-remove -s install $installs >/dev/null 2>&1; then fail "apt-get failed"; fi',
    '    guarded',
    '  fi',
    'fi',
    'for name in $repairs; do installed "$name" || change --reinstall install "$name"; done',
    'if [ -n "$purges" ]; then change purge $purges; fi',
    'if [ -n "$holds" ]; then apt-mark -q hold $holds; fi',
    // apt takes a provider for a virtual name and reports success.
    'for name in $install_names $repairs; do installed "$name" || fail "package $name is not installed after all"; done',
    'for name in $remove_names; do if installed "$name"; then fail "package $name is still installed"; fi; done',
  ].join('\n'),
)
