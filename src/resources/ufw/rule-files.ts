import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Family } from './address.ts'
import { formatTuple, TUPLE_MARK, type Tuple } from './tuple.ts'

/** What becomes of one line of a rule file. */
export type Edit =
  | { readonly op: 'add' | 'remove'; readonly tuple: Tuple }
  /** In its place. */
  | { readonly op: 'replace'; readonly tuple: Tuple; readonly by: Tuple }

const FILES: Readonly<Record<Family, string>> = { 4: 'user.rules', 6: 'user6.rules' }

/**
 * Edits the rule files of ufw, all rules at once. ufw itself takes one rule a process, 0.2 s each, and writes both files
 * anew each time; here it is given copies in which only the lines that it reads are edited, and makes the rules of them.
 * What it made is tested, loaded by one commit for each family, and only then moved into place: whatever fails or dies
 * before that, the next run finds that the files differ.
 */
export function editRuleFiles(edits: readonly Edit[], families: readonly Family[]): Script {
  const used = edits.filter(({ tuple }) => families.includes(tuple.family))
  if (used.length === 0) return joinScripts([])
  return joinScripts([
    // A shell of its own: its trap is not that of the change.
    rawScript('('),
    rawScript(BEGIN),
    sh`printf %s ${used.map((edit) => `${lineOf(edit)}\n`).join('')} >"$work/edits"`,
    ...families.map((family) => sh`edit ${family} ${FILES[family]}`),
    rawScript(MAKE),
    ...families.map((family) => sh`check ${FILES[family]} ${restoreOf(family)}`),
    // Where it runs, whether or not it is to at boot: a start that comes after this finds it running, and loads nothing.
    rawScript('if iptables -w 10 -S ufw-user-input >/dev/null 2>&1; then'),
    ...families.map((family) => sh`${restoreOf(family)} -w 10 -n <"$work/etc/ufw/"${FILES[family]}`),
    rawScript('fi'),
    ...families.map((family) => sh`put_in_place ${FILES[family]}`),
    rawScript(')'),
  ])
}

const restoreOf = (family: Family): string => (family === 6 ? 'ip6tables-restore' : 'iptables-restore')

const textOf = (tuple: Tuple): string => TUPLE_MARK + (tuple.written ?? formatTuple(tuple))

/** `FAMILY OP LINE`, tabs between; a line has none. */
function lineOf(edit: Edit): string {
  const { op, tuple } = edit
  const lines = edit.op === 'replace' ? [textOf(tuple), textOf(edit.by)] : [textOf(tuple)]
  return [tuple.family, op, ...lines].join('\t')
}

const BEGIN = `mkdir -p -m 0700 -- /var/lib/provision
rm -rf -- /var/lib/provision/ufw.??????
work=$(mktemp -d /var/lib/provision/ufw.XXXXXX)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p -- "$work/etc/default" "$work/lib/ufw" "$work/usr/lib/ufw"
cp -a -- /etc/ufw "$work/etc/ufw"
cp -p -- /etc/default/ufw "$work/etc/default/ufw"
edit() {
  cp -p -- "/etc/ufw/$2" "$work/$2.before"
  # A line that is there already is not added again: the same script may run twice.
  awk -F '\\t' -v family="$1" '
    FILENAME == ARGV[1] {
      if ($1 != family) next
      if ($2 == "remove") gone[$3] = 1
      if ($2 == "replace") { turned[$3] = $4; delete gone[$4] }
      if ($2 == "add") added[++n] = $3
      next
    }
    /^### tuple ###/ {
      line = ($0 in turned) ? turned[$0] : $0
      if ((line == $0 && (line in gone)) || (line in seen)) next
      seen[line] = 1
      print line
    }
    END { for (i = 1; i <= n; i++) if (!(added[i] in seen)) print added[i] }' "$work/edits" "$work/$2.before" >"$work/$2.wanted"
  # By its own text: the file keeps its mode and owner.
  cat -- "$work/$2.wanted" >"$work/etc/ufw/$2"
}
check() {
  grep '^### tuple ###' "$work/etc/ufw/$1" >"$work/$1.made" || :
  if ! lost=$(diff "$work/$1.wanted" "$work/$1.made"); then
    echo 'ufw: does not take these rules:' >&2
    printf '%s\\n' "$lost" | sed -n 's/^< ### tuple ### //p' | head -n 20 >&2
    exit 1
  fi
  "$2" -n --test <"$work/etc/ufw/$1" || { echo "ufw: $1, as ufw makes it, is refused by $2" >&2; exit 1; }
}
put_in_place() {
  cmp -s -- "/etc/ufw/$1" "$work/$1.before" || { echo "ufw: /etc/ufw/$1 was changed meanwhile: run again" >&2; exit 1; }
  cp -p -- "$work/etc/ufw/$1" "/etc/ufw/$1.provision~"
  sync -- "/etc/ufw/$1.provision~"
  mv -f -- "/etc/ufw/$1.provision~" "/etc/ufw/$1"
}`

/** Setting the level of the log that it has makes ufw write both files; switched off, it leaves the kernel alone. */
const MAKE = `sed -i 's/^ENABLED=.*/ENABLED=no/' "$work/etc/ufw/ufw.conf"
level=$(sed -n 's/^LOGLEVEL="*\\([a-z]*\\).*/\\1/p' /etc/ufw/ufw.conf)
said=$(ufw "--datadir=$work" logging "\${level:-off}" 2>&1) || { printf '%s\\n' "$said" | head -n 20 >&2; exit 1; }`
