import { joinScripts, rawScript, type Script, sh, writeBytes } from '../../shell/script.ts'
import type { Change, DeadMan } from '../resource.ts'
import { formatKeyLine } from './line.ts'
import { type AuthorizedKeys, type KeysState, keysOf } from './model.ts'

type KeysChange = Change<AuthorizedKeys, KeysState>

/**
 * The file is in a directory that its user can change while root writes there. So root only makes sure whose the
 * directory is, by its inode; all else is done as the user, who gains nothing by any trick with links.
 */
export function applyKeys(changes: readonly KeysChange[]): Script {
  return joinScripts(changes.map(({ desired }) => asUser(desired.user, update(desired))))
}

/** Only a key less can shut somebody out. */
export function deadManForKeys(changes: readonly KeysChange[]): DeadMan | undefined {
  const losing = changes.filter(({ desired, fields }) => desired.state === 'absent' || fields.some(isLess))
  if (losing.length === 0) return undefined
  return {
    snapshot: joinScripts(losing.map(({ desired }) => save(desired.user))),
    restore: joinScripts(losing.map(({ desired }) => putBack(desired.user))),
  }
}

/** A key that goes, or that gets other options: `from` may leave the tool outside. */
const isLess = ({ field, from }: KeysChange['fields'][number]): boolean => field === 'key' && from !== undefined

/** Sets uid, gid and home, links in its path resolved. */
const find = (user: string): Script => sh`
  entry=$(getent passwd -- ${user}) || { echo ${`authorized keys: there is no user ${user}`} >&2; exit 1; }
  uid=$(echo "$entry" | cut -d: -f3); gid=$(echo "$entry" | cut -d: -f4)
  home=$(realpath -e -- "$(echo "$entry" | cut -d: -f6)")`

/**
 * Makes ~/.ssh the user's. A directory can't be a hard link and, once entered, can't be swapped for another: chown gets
 * what was looked at.
 */
const OWN = rawScript(
  [
    'if [ -e "$home/.ssh" ] || [ -L "$home/.ssh" ]; then',
    '  (',
    '  cd -P -- "$home/.ssh"',
    '  [ "$(pwd -P)" = "$home/.ssh" ] || { echo "$home/.ssh is a link: it will not be followed" >&2; exit 1; }',
    '  [ "$(stat -c %u .)" = "$uid" ] || chown "$uid:$gid" .',
    '  )',
    'fi',
  ].join('\n'),
)

const asUser = (user: string, script: Script): Script =>
  joinScripts([
    find(user),
    OWN,
    rawScript(
      [
        `setpriv --reuid="$uid" --regid="$gid" --init-groups -- sh -eu -s -- "$home" <<'PROVISION_AS_USER'`,
        '{',
        'umask 077; home=$1',
        script.sh,
        '} </dev/null',
        'PROVISION_AS_USER',
      ].join('\n'),
    ),
  ])

/** Lines that are none of these keys stay as they are; with `exclusive` only comments do. */
const update = (desired: AuthorizedKeys): Script => {
  const keys = keysOf(desired)
  const lines = desired.state === 'absent' ? [] : keys.map(formatKeyLine)
  const list = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('')
  return joinScripts([
    rawScript('cd -P -- "$home"; [ -d .ssh ] || mkdir -m 0700 .ssh; cd -P -- .ssh; chmod 0700 .'),
    rawScript('rm -f -- .authorized_keys.provision.??????'),
    rawScript(`new=$(mktemp .authorized_keys.provision.XXXXXX); trap 'rm -f -- "$new" "$new.have" "$new.keys"' EXIT`),
    writeBytes(list(keys.map((key) => key.blob)), rawScript('"$new.keys"')),
    rawScript('if [ -f authorized_keys ] && [ ! -L authorized_keys ]; then cat authorized_keys; fi >"$new.have"'),
    sh`awk -v exclusive=${desired.exclusive && desired.state !== 'absent' ? 1 : 0} ${KEEP} "$new.keys" "$new.have" >"$new"`,
    writeBytes(list(lines), rawScript('>"$new"')),
    rawScript('chmod 0600 -- "$new"; sync -- "$new"; mv -fT -- "$new" authorized_keys; sync -- .'),
  ])
}

const KEEP = `
  FILENAME == ARGV[1] { blob[$1] = 1; next }
  /^[ \\t]*(#|$)/ { print; next }
  { for (i = 1; i <= NF; i++) if ($i in blob) next }
  !exclusive { print }`

const save = (user: string): Script => sh`
  (
  ${find(user)}
  if [ -f "$home/.ssh/authorized_keys" ] && [ ! -L "$home/.ssh" ] && [ ! -L "$home/.ssh/authorized_keys" ]; then
    cp -- "$home/.ssh/authorized_keys" "$SNAPSHOT/keys-"${user}
  fi
  )`

const putBack = (user: string): Script => sh`
  (
  set -eu
  ${find(user)}
  if [ -e "$SNAPSHOT/keys-"${user} ]; then
    ${OWN}
    setpriv --reuid="$uid" --regid="$gid" --init-groups -- sh -euc ${PUT} sh "$home" <"$SNAPSHOT/keys-"${user}
  fi
  )`

const PUT = `umask 077; cd -P -- "$1/.ssh"
new=$(mktemp .authorized_keys.provision.XXXXXX); cat >"$new"; sync -- "$new"; mv -fT -- "$new" authorized_keys; sync -- .`
