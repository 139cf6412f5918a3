import { rawScript } from '../shell/script.ts'

/** Bytes of one file's content that a probe sends at most, and of all files together. */
export const CONTENT_LIMIT = 256 * 1024
export const TOTAL_LIMIT = 4 * 1024 * 1024

/**
 * What is mounted where, for the paths of `provision_files`: `point` just there, `above` somewhere below it, `ro` on a
 * file system that can't be written. Its arguments are theirs: a mark and a path in turns.
 */
const MOUNTS = String.raw`
BEGIN {
  while ((getline line < "/proc/self/mountinfo") > 0) {
    n = split(line, field, " "); rest = field[5]; point = ""
    while (match(rest, /\\[0-7][0-7][0-7]/)) {
      digits = substr(rest, RSTART + 1, 3)
      point = point substr(rest, 1, RSTART - 1) sprintf("%c", substr(digits, 1, 1) * 64 + substr(digits, 2, 1) * 8 + substr(digits, 3, 1))
      rest = substr(rest, RSTART + 4)
    }
    point = point rest
    state[point] = (field[6] "," field[n]) ~ /(^|,)ro(,|$)/ ? "ro" : "rw"
    while (point != "" && point != "/") { point = up(point); above[point] = 1 }
  }
  for (i = 2; i < ARGC; i += 2) {
    path = ARGV[i]; marks = ""
    if (path in state) marks = marks ",point"
    if (path in above) marks = marks ",above"
    while (!(path in state) && path != "/") path = up(path)
    if (state[path] == "ro") marks = marks ",ro"
    if (marks != "") all = all " " (i / 2) ":" substr(marks, 2)
  }
  if (all != "") print "@mounts" all
}
function up(path) { sub(/\/[^\/]*$/, "", path); return path == "" ? "/" : path }`

/**
 * What every probe of files begins with, so that a script with several says it once.
 * Answers are by index, so no name is ever printed or read. Everything that is done per file is a builtin of dash;
 * programs run once for all files: stat, sha256sum, readlink, ls (which alone shows that there is an ACL) and awk. Only
 * a file that differs costs forks of its own.
 */
export const FILES_LIBRARY = rawScript(
  [
    'provision_files() {',
    '  i=0; found=; all=; hashed=; sums=; links=; lonely=; total=0; want=-',
    '  for word do',
    '    i=$((i + 1))',
    '    if [ $((i % 2)) = 1 ]; then want=$word; continue; fi',
    '    place="\\"\\${$i}\\""',
    '    if [ -L "$word" ]; then',
    '      if [ "$want" = / ] && [ -d "$word" ]; then place="$place/."; else links="$links $place"; fi',
    '    elif [ -f "$word" ]; then case $want in -|/) ;; *) hashed="$hashed $i"; sums="$sums $place" ;; esac',
    `    elif [ ! -e "$word" ]; then [ -d "\${word%/*}/" ] || lonely="$lonely $((i / 2))"; continue; fi`,
    '    found="$found $((i / 2))"; all="$all $place"',
    '  done',
    '  echo "@files$found"',
    `  [ -z "$all" ] || eval "stat -c '@stat %f %s %u %g %U %G' -- $all" || return`,
    '  [ -z "$links" ] || { printf "@links "; eval "readlink -z -- $links" | base64 -w 0; echo; }',
    '  [ -z "$lonely" ] || echo "@lonely$lonely"',
    '  [ -z "$all" ] || provision_acls "$@"',
    '  awk "$provision_mounts" "$@"',
    '  [ -z "$hashed" ] || { sums=$(eval "sha256sum -- $sums") && provision_sums "$@"; }',
    '}',
    // One line a file, in the order of its arguments; a `+` after the mode is an ACL.
    'provision_acls() {',
    '  lines=$(eval "ls -ldnqU --time-style=+ -- $all" 2>/dev/null) || return 0',
    '  case "$nl$lines" in *"$nl"??????????+*) ;; *) return 0 ;; esac',
    '  set -f; IFS="$nl"; acls=',
    '  for line in $lines; do',
    '    IFS=" "',
    '    for i in $found; do break; done',
    `    found=\${found#" $i"}`,
    '    case $line in ??????????+*) acls="$acls $i" ;; esac',
    '  done',
    '  set +f; IFS="$ifs"',
    '  [ -z "$acls" ] || echo "@acl$acls"',
    '}',
    'provision_sums() {',
    '  line=; set -f; IFS="$nl"',
    '  for line in $sums; do',
    '    IFS=" "; n=0',
    '    for i in $hashed; do n=$i; break; done',
    // sha256sum puts a backslash before the line of a name that it had to escape.
    `    hashed=\${hashed#" $n"}; line=\${line#\\\\}; line=\${line%% *}`,
    '    eval "want=\\${$((n - 1))}; word=\\${$n}"',
    '    printf "@sum %s %s" "$((n / 2))" "$line"',
    '    case $want in',
    '      "$line" | \\?*) ;;',
    '      *)',
    '        size=$(stat -c %s -- "$word")',
    `        if [ "$size" -le ${CONTENT_LIMIT} ] && [ $((total + size)) -le ${TOTAL_LIMIT} ]; then`,
    '          total=$((total + size)); printf " ="; base64 -w 0 <"$word"',
    '        fi',
    '        case $(lsattr -d -- "$word" 2>/dev/null) in ????i*) printf "\\n@immutable %s" "$((n / 2))" ;; esac ;;',
    '    esac',
    '    echo',
    '  done',
    '  set +f; IFS="$ifs"',
    '}',
    `nl='`,
    `'`,
    'ifs=$IFS',
    `provision_mounts='${MOUNTS}'`,
  ].join('\n'),
)
