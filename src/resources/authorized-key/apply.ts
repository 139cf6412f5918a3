import { joinScripts, rawScript, type Script, sh, writeBytes } from '../../shell/script.ts'
import type { AutoRevert, Change } from '../resource.ts'
import { formatKeyLine } from './line.ts'
import { type AuthorizedKeys, type KeysState, keysOf } from './model.ts'
import { askPatterns, PLACES_LIBRARY } from './places.ts'

type KeysChange = Change<AuthorizedKeys, KeysState>

/**
 * A file in a home is in a directory that its user can change while root writes there. So root only makes sure whose the
 * directory is, by its inode; all else is done as the user, who gains nothing by any trick with links. Where sshd looks
 * elsewhere, the file is root's, in a directory that nobody else can change.
 */
export function applyKeys(changes: readonly KeysChange[]): Script {
  return joinScripts([PLACES_LIBRARY, OWN, ...changes.map(({ desired }) => update(desired))])
}

/** Only a key less can shut somebody out. */
export function autoRevertForKeys(changes: readonly KeysChange[]): AutoRevert | undefined {
  const losing = changes.filter(({ desired, fields }) => desired.state === 'absent' || fields.some(isLess))
  if (losing.length === 0) return undefined
  return {
    snapshot: joinScripts([PLACES_LIBRARY, ...losing.map(({ desired }) => save(desired))]),
    restore: joinScripts([OWN, ...losing.map(({ desired }) => putBack(desired.user))]),
  }
}

/** A key that goes, or that gets other options: `from` may leave the tool outside. */
const isLess = ({ field, from }: KeysChange['fields'][number]): boolean => field === 'key' && from !== undefined

/** Sets name, uid, gid, and home, links in its path resolved. */
const find = (user: string): Script => sh`
  entry=$(getent passwd -- ${user}) || { echo ${`authorized keys: there is no user ${user}`} >&2; exit 1; }
  name=${user}; uid=$(echo "$entry" | cut -d: -f3); gid=$(echo "$entry" | cut -d: -f4)
  home=$(echo "$entry" | cut -d: -f6); home=$(realpath -e -- "$home" 2>/dev/null || echo "$home")`

/** Sets the places where sshd looks. */
const locate = ({ user, file }: AuthorizedKeys): Script => sh`
  ${find(user)}
  key_config
  ${askPatterns(file)}
  key_places`

/** Runs a script with each place as $place, and its number as $count. */
const eachPlace = (script: Script): Script =>
  rawScript(
    [
      'count=0; set -f; IFS=$nl',
      'for place in $places; do',
      '  IFS=$ifs; set +f; count=$((count + 1))',
      script.sh,
      'done',
      'IFS=$ifs; set +f',
    ].join('\n'),
  )

/**
 * `as_owner -c SCRIPT sh` or, with the script on standard input, `as_owner -s --`: runs it as whose $place is, with the
 * home, the directory, the file's name, its mode and $count. It makes the
 * directory in a home the user's: a directory can't be a hard link and, once entered, can't be swapped for another, so
 * chown gets what was looked at.
 */
const OWN = rawScript(
  [
    'as_owner() {',
    `  dir=\${place%/*}; base=\${place##*/}`,
    '  case $place in',
    `    "\${home%/}"/*)`,
    '      [ -d "$home" ] || { echo "authorized keys: $name has no home $home" >&2; return 1; }',
    '      if [ "$dir" != "$home" ] && { [ -e "$dir" ] || [ -L "$dir" ]; }; then',
    '        (',
    '        cd -P -- "$dir"',
    '        [ "$(pwd -P)" = "$dir" ] || { echo "$dir is a link: it will not be followed" >&2; exit 1; }',
    '        [ "$(stat -c %u .)" = "$uid" ] || chown "$uid:$gid" .',
    '        ) || return 1',
    '      fi',
    '      setpriv --reuid="$uid" --regid="$gid" --init-groups -- sh -eu "$@" "$home" "$dir" "$base" 0600 "$count" ;;',
    '    /*)',
    '      mkdir -p -m 0755 -- "$dir"',
    '      case $(stat -L -c %u:%A -- "$dir") in',
    '        0:?????-??-?*) ;;',
    '        *) echo "authorized keys: others than root can write to $dir" >&2; return 1 ;;',
    '      esac',
    '      sh -eu "$@" "$dir" "$dir" "$base" 0644 "$count" ;;',
    '    *) echo "authorized keys: sshd takes no file of keys for $name: see its AuthorizedKeysFile" >&2; return 1 ;;',
    '  esac',
    '}',
  ].join('\n'),
)

/** Goes to the directory of the file, as whose it is, and makes $new beside it. */
const ENTER = rawScript(
  [
    'umask 077; dir=$2 base=$3 mode=$4 count=$5',
    'cd -P -- "$1"',
    'if [ "$dir" != "$1" ]; then mkdir -p -- "$dir"; cd -P -- "$dir"; chmod 0700 .; fi',
    'rm -f -- ".$base.provision."??????; new=$(mktemp ".$base.provision.XXXXXX")',
  ].join('\n'),
)

/** Takes the place of the file. */
const REPLACE = rawScript('chmod "$mode" -- "$new"; sync -- "$new"; mv -fT -- "$new" "$base"; sync -- .')

/** Lines that are none of these keys stay as they are; with `exclusive` only comments do. They go from every place. */
const update = (desired: AuthorizedKeys): Script => {
  const keys = keysOf(desired)
  const lines = desired.state === 'absent' ? [] : keys.map(formatKeyLine)
  const list = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('')
  const exclusive = desired.exclusive && desired.state !== 'absent' ? 1 : 0
  return joinScripts([
    rawScript("rewrite() { cat <<'PROVISION_REWRITE'\n{"),
    ENTER,
    rawScript(`trap 'rm -f -- "$new" "$new.have" "$new.keys"' EXIT`),
    writeBytes(list(keys.map(({ blob }) => blob)), rawScript('"$new.keys"')),
    rawScript('if [ -f "$base" ] && [ ! -L "$base" ]; then cat -- "$base"; fi >"$new.have"'),
    sh`awk -v exclusive=${exclusive} ${KEEP} "$new.keys" "$new.have" >"$new"`,
    rawScript('if [ "$count" = 1 ]; then'),
    writeBytes(list(lines), rawScript('>"$new"')),
    rawScript('fi'),
    REPLACE,
    rawScript('} </dev/null\nPROVISION_REWRITE\n}'),
    locate(desired),
    eachPlace(rawScript('if [ "$count" = 1 ] || [ -f "$place" ]; then rewrite | as_owner -s --; fi')),
  ])
}

/** Files that were written on Windows have a carriage return at the end of each line, which sshd passes over. */
export const KEEP = `
  FILENAME == ARGV[1] { blob[$1] = 1; next }
  { line = $0; sub(/\\r$/, "") }
  /^[ \\t]*(#|$)/ { print line; next }
  { for (i = 1; i <= NF; i++) if ($i in blob) next }
  !exclusive { print line }`

const save = (desired: AuthorizedKeys): Script => sh`
  (
  ${locate(desired)}
  ${eachPlace(sh`
    if [ -f "$place" ] && [ ! -L "\${place%/*}" ] && [ ! -L "$place" ]; then
      cp -- "$place" "$SNAPSHOT/keys-"${desired.user}":$count"
      printf '%s\n' "$place" >"$SNAPSHOT/keys-"${desired.user}":$count.place"
    fi`)}
  )`

const putBack = (user: string): Script => sh`
  (
  set -eu
  ${find(user)}
  put=${PUT.sh}
  for saved in "$SNAPSHOT/keys-"${user}:*.place; do
    [ -e "$saved" ] || continue
    place=$(cat -- "$saved"); count=0
    as_owner -c "$put" sh <"\${saved%.place}"
  done
  )`

const PUT = joinScripts([ENTER, rawScript('cat >"$new"'), REPLACE])
