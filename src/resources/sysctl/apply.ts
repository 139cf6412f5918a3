import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Change } from '../resource.ts'
import { KEPT } from './boot.ts'
import { CONF, oldFile, procPath, type Sysctl, type SysctlState, settingName, UFW_CONF } from './model.ts'
import { normal } from './value.ts'
import { leaveToSysctl } from './yielding-file.ts'

/**
 * The kernel first: what it refuses is not written for the next boot either. What it made of a value is read back and
 * kept beside it. A change may have the kernel alter other settings of the host (forwarding does): those are set again.
 */
export function apply(changes: readonly Change<Sysctl, SysctlState>[]): Script {
  const desired = changes.map((change) => change.desired)
  const gone = desired.filter(({ state }) => state === 'absent')
  const changed = desired.filter(({ state }) => state !== 'absent')
  const declared = declaredBeside(changes)
  // What did not hold before is no business of these changes.
  const others = declared.filter(({ name }) => !changed.some((one) => one.name === name))
  return joinScripts([
    TOOLS,
    sh`holding=$(live ${others.map(({ name }) => procPath(name))})`,
    ...declared.filter(({ name }) => changed.some((one) => one.name === name)).map((one) => call('set_live', one)),
    sh`altered=$(no_more ${declared.map(({ name }) => procPath(name))})`,
    rawScript('if [ -n "$altered" ]; then'),
    ...declared.map((one) => call('set_again', one)),
    sh`altered=$(no_more ${declared.map(({ name }) => procPath(name))})`,
    rawScript('[ -z "$altered" ] || fail "they exclude each other: $(echo $altered)"\nfi'),
    ...gone.map(({ name }) => sh`forget ${settingName(name)}`),
    writeConf(declared.map(({ name }) => settingName(name))),
    sh`rm -f -- ${desired.map(oldFile)}`,
    leaveToSysctl(UFW_CONF),
    rawScript('[ -z "$failed" ] || exit 1'),
  ])
}

/** In the order for the boot. A change that is planned without a look at the host knows of itself alone. */
function declaredBeside(changes: readonly Change<Sysctl, SysctlState>[]): readonly Sysctl[] {
  const known = changes
    .map(({ actual }) => (actual === 'absent' ? [] : actual.declared))
    .find(({ length }) => length > 0)
  return known ?? changes.map(({ desired }) => desired).filter(({ state }) => state !== 'absent')
}

const call = (name: string, { name: setting, value }: Sysctl): Script =>
  sh`${rawScript(name)} ${settingName(setting)} ${procPath(setting)} ${normal(value ?? '')}`

const TOOLS = rawScript(
  [
    "nl='",
    "'; tab=$(printf '\\t'); failed=; entries=; holding=; altered=",
    'fail() { printf "provision: sysctl %s\\n" "$1"; failed=yes; }',
    // One line for each setting, however many values it has, as `/proc/sys/…:1 2 3`.
    'live() { grep -as "" -- "$@" /dev/null | tr -s "[:blank:]" " " | sed "s/ $//" || :; }',
    // Of those that held, or were set here: where another value is now.
    'no_more() { now=$(live "$@"); printf "%s\\n" "$holding" | grep -vxF -e "$now" | sed "s/:.*//" || :; }',
    'set_live() {',
    '  if [ ! -e "$2" ]; then',
    '    fail "$1: no such setting in this kernel (its module is not loaded, or a container hides it)"; return 0',
    '  fi',
    '  is=$(cat -- "$2" | tr -s "[:space:]" " ") || is=',
    '  if [ "${is% }" != "$3" ]; then',
    '    printf "%s\\n" "$3" | tee -- "$2" >/dev/null || {',
    '      fail "$1: the kernel does not take $3 (out of range, or read-only in a container)"; return 0',
    '    }',
    '    is=$(cat -- "$2" | tr -s "[:space:]" " ")',
    '  fi',
    '  is=${is% }',
    '  [ "$is" = "$3" ] || printf "provision: sysctl %s: the kernel keeps %s as %s\\n" "$1" "$3" "$is"',
    '  holding="$holding$nl$2:$is"',
    '  entries="$entries${nl}set$tab$1$tab$3$tab$is"',
    '}',
    'set_again() {',
    '  case "$nl$altered$nl" in *"$nl$2$nl"*) ;; *) return 0 ;; esac',
    '  printf "provision: sysctl %s: altered by another setting, set again\\n" "$1"',
    '  set_live "$@"',
    '}',
    'forget() {',
    '  entries="$entries${nl}gone$tab$1"',
    '  printf "provision: sysctl %s keeps its present value until the next boot\\n" "$1"',
    '}',
  ].join('\n'),
)

/** Lines of ours that nobody declares any more stay, before all others. */
const writeConf = (order: readonly string[]): Script => sh`
  (
  dest=${CONF}; stem=${CONF.replace(/([^/]+)$/, '.$1.provision.')}
  rm -f -- "$stem"??????
  file=$(mktemp -- "\${stem}XXXXXX"); trap 'rm -f -- "$file"' EXIT
  { printf 'order\t%s\n' ${order}; printf '%s\n' "$entries"; if [ -f "$dest" ]; then sed "s/^/old$tab/" <"$dest"; fi; } |
    awk -F '\t' -v kept=${KEPT} ${MERGE} >"$file"
  chown -- root:root "$file"; chmod -- 0644 "$file"; sync -- "$file"
  if grep -q '^[^#]' "$file"; then mv -fT -- "$file" "$dest"; else rm -f -- "$file" "$dest"; fi
  trap - EXIT
  sync -- /etc/sysctl.d
  )
`

/** Our file is in a form of its own, so that no name has to be understood: `NAME = VALUE`, and what the kernel keeps. */
const MERGE = [
  '$1 == "order" { name[++n] = $2; declared[$2] = 1 }',
  '$1 == "gone" { done[$2] = 1 }',
  '$1 == "set" { done[$2] = 1; line[$2] = $2 " = " $3 "\\n"; if ($3 != $4) line[$2] = line[$2] kept $4 "\\n" }',
  '$1 == "old" {',
  '  text = substr($0, 5); at = index(text, " = ")',
  '  if (index(text, kept) == 1 && last != "") { if (!(last in done)) line[last] = line[last] text "\\n" }',
  '  else if (text ~ /^[#;]/ || at < 2) last = ""',
  '  else {',
  '    last = substr(text, 1, at - 1)',
  '    if (!(last in done)) line[last] = text "\\n"',
  '    if (!(last in declared) && !(last in seen)) { seen[last] = 1; other[++m] = last }',
  '  }',
  '}',
  'END {',
  '  print "# By provision: kernel settings, in the order in which they are declared."',
  '  for (i = 1; i <= m; i++) printf "%s", line[other[i]]',
  '  for (i = 1; i <= n; i++) printf "%s", line[name[i]]',
  '}',
].join('\n')
