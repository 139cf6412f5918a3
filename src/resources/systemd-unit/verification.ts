import { partMark } from '../../shell/part-marks.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { pathOf, type SystemdUnit } from './model.ts'

/**
 * Verifies files that are staged as "$file1", "$file2", …; undefined where nobody wants it.
 *
 * systemd-analyze needs the right name: the staged file is copied under it into a directory that comes before all
 * others in the unit path; a drop-in goes beside a copy of its unit. So units that need each other are seen together. Its
 * exit status also tells of neighbours and of advice, so its lines decide, each with its level before it. Refused is what
 * systemd will not load or will ignore, other than programs and services that a later step may bring (starting the unit
 * proves them). Advice (a user that is not safe, an old name of a setting) is told. Seen alike on systemd 252 and 257.
 */
export function verification(all: readonly SystemdUnit[]): Script | undefined {
  const staged = all.map((one, i) => ({ ...one, file: rawScript(`"$file${i + 1}"`), path: pathOf(one) }))
  const wanted = staged.filter(({ verify }) => verify !== false)
  if (wanted.length === 0) return undefined
  const mark = all.length > 1 ? partMark({ outcome: 'failed', key: 'systemd-unit:%s' }) : undefined
  return joinScripts([
    TOOLS,
    mark === undefined ? rawScript('failed() { :; }') : rawScript(`failed() { printf '${mark}\\n' "$1"; }`),
    ...staged.flatMap(({ unit, dropIn, file }) => (dropIn === undefined ? [sh`cp -- ${file} "$stage"/${unit}`] : [])),
    ...staged.flatMap(({ unit, dropIn, file }) =>
      dropIn === undefined ? [] : [sh`drop_in ${unit} ${dropIn} ${file}`],
    ),
    sh`found=; verify ${[...new Set(wanted.map(({ unit }) => unit))]}`,
    rawScript('refused='),
    ...wanted.map(
      ({ unit, dropIn, path }) =>
        sh`judge ${unit} "$stage"/${dropIn === undefined ? unit : `${unit}.d/${dropIn}`} ${path}`,
    ),
    rawScript('[ -z "$refused" ] || exit 1'),
  ])
}

const TOOLS = rawScript(
  [
    `stage=$(mktemp -d); trap 'rm -rf -- "$stage"' EXIT`,
    'drop_in() {',
    '  if [ ! -e "$stage/$1" ]; then',
    '    for dir in /etc /run /usr/local/lib /usr/lib /lib; do',
    '      if [ -f "$dir/systemd/system/$1" ]; then cp -- "$dir/systemd/system/$1" "$stage/$1"; break; fi',
    '    done',
    '  fi',
    '  mkdir -p -- "$stage/$1.d"',
    '  cp -- "$3" "$stage/$1.d/$2"',
    '}',
    'analyze() {',
    '  (cd "$stage" && SYSTEMD_UNIT_PATH="$stage:" SYSTEMD_LOG_LEVEL=notice SYSTEMD_LOG_TARGET=console-prefixed timeout 60 systemd-analyze verify --man=no "$@" 2>&1)',
    '}',
    // What is not installed yet can't be looked at.
    'verify() {',
    '  for unit; do',
    '    shift',
    '    if [ -e "$stage/$unit" ]; then set -- "$@" "./$unit"; fi',
    '  done',
    '  [ "$#" -gt 0 ] || return 0',
    '  found=$(analyze --recursive-errors=no "$@") || :',
    // systemd before 250.
    '  case $found in *"unrecognized option"*) found=$(analyze "$@") || : ;; esac',
    '}',
    'judge() {',
    '  if [ ! -e "$stage/$1" ]; then printf "provision: %s is not checked, %s is not installed yet\\n" "$3" "$1"; return 0; fi',
    '  said=$(printf "%s\\n" "$found" |',
    '    grep -vE "is not executable: No such file|not loaded, socket cannot be started|Failed to create [^ ]*/start: " |',
    '    grep -F -e "$2:" -e "$1: " -e "Unit $1 has" | sed "s|$stage|/etc/systemd/system|" || :)',
    // A level is syslog's, with the facility: 0 to 3 of each eight are errors.
    "  bad='^<[0-9]*>.*[Ii]gnoring|^<([0-3]|8|9|1[01]|2[4-7])>|^[^<]'",
    `  printf '%s\\n' "$said" | grep -vE -e "$bad" -e '^$' | sed 's/^<[0-9]*>/provision: warning: /' || :`,
    `  if printf '%s\\n' "$said" | grep -E -e "$bad" | sed 's/^<[0-9]*>//' | grep .; then`,
    '    printf "provision: %s is refused by systemd-analyze verify\\n" "$3"',
    '    [ -n "$refused" ] || failed "$3"',
    '    refused=1',
    '  fi',
    '}',
  ].join('\n'),
)
