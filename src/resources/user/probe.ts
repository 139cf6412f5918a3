import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { records } from '../account.ts'
import type { User, UserState } from './model.ts'
import { parseProcesses, probeProcesses } from './processes.ts'

/**
 * One call of getent for all users, and one for all groups. Of a password there comes only whether it is locked and
 * the SHA-256 of its hash without the lock's mark, and that only where it is asked for.
 */
export function probeUsers(all: readonly User[]): Script {
  const names = all.map((desired) => desired.name)
  const hashed = all.filter((desired) => desired.passwordHash !== undefined).map((desired) => desired.name)
  return joinScripts([
    // getent ends with 2 when it does not find one of them.
    sh`entries=$(getent passwd -- ${names}) || [ $? = 2 ] || exit`,
    rawScript('echo "login ${SUDO_USER:-root}"'),
    sh`printf '%s\n' "$entries" | ${PASSWD}`,
    probeProcesses(all, rawScript('$entries')),
    sh`getent group | awk -F: -v names=${names.join(',')} ${GROUPS}`,
    sh`hashed=${` ${hashed.join(' ')} `}`,
    sh`{ getent shadow -- ${names} || [ $? = 2 ]; } | ${SHADOW}`,
    sh`echo end`,
  ])
}

/** @throws Error when the answer is not what the probe prints. */
export function parseUsers(answer: string, all: readonly User[]): Map<string, UserState | 'absent'> {
  if (!/^end$/m.test(answer)) throw new Error('the answer about users is cut short')
  const passwd = new Map(records(answer, 'passwd').map(([name = '', ...rest]) => [name, rest]))
  const shadow = new Map(records(answer, 'shadow').map(([name = '', ...rest]) => [name, rest]))
  const groupNames = new Map(records(answer, 'gid').map(([name = '', gid = '']) => [gid, name]))
  const members = records(answer, 'member')
  const homes = new Set(records(answer, 'home').map(([name]) => name))
  const login = records(answer, 'login')[0]?.[0]
  const processesOf = parseProcesses(answer)
  const stateOf = (name: string): UserState | 'absent' => {
    const [uid, gid = '', text = ''] = passwd.get(name) ?? []
    if (uid === undefined) return 'absent'
    const [comment = '', home = '', shell = ''] = Buffer.from(text, 'base64').toString().split(':')
    const [locked, sum] = shadow.get(name) ?? []
    const group = groupNames.get(gid) ?? gid
    const groups = members.flatMap(([one = '', member]) => (member === name && one !== group ? [one] : [])).sort()
    const passwordSha256 = sum || undefined
    const processes = processesOf(Number(uid))
    return {
      uid: Number(uid),
      group,
      gid: Number(gid),
      groups,
      home,
      shell,
      comment,
      passwordSha256,
      locked: locked === 'yes',
      ...(homes.has(name) && { hasHome: true }),
      ...(login === name && { isLogin: true }),
      ...(processes.length > 0 && { processes }),
    }
  }
  return new Map(all.map(({ name }) => [name, stateOf(name)]))
}

// Free text goes as base64: answers are ASCII.
const PASSWD = rawScript(
  [
    'while IFS=: read -r name _ uid gid comment home shell; do',
    '  [ -n "$name" ] || continue',
    `  printf 'passwd %s:%s:%s:%s\\n' "$name" "$uid" "$gid" "$(printf '%s:%s:%s' "$comment" "$home" "$shell" | base64 -w0)"`,
    '  if [ -d "$home" ]; then echo "home $name"; fi',
    'done',
  ].join('\n'),
)

const GROUPS = `
  BEGIN { n = split(names, list, ","); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
  { print "gid " $1 ":" $3
    m = split($4, members, ","); for (i = 1; i <= m; i++) if (members[i] in wanted) print "member " $1 ":" members[i] }`

// A locked password is its hash behind `!`; nothing, `*` and a bare `!` are none.
const SHADOW = rawScript(
  [
    'while IFS=: read -r name hash _; do',
    '  locked=no; sum=',
    '  while :; do case $hash in !*) locked=yes; hash=${hash#!} ;; *) break ;; esac; done',
    '  case $hashed in *" $name "*)',
    `    case $hash in '' | '*') ;; *) sum=$(printf %s "$hash" | sha256sum | cut -d' ' -f1) ;; esac ;;`,
    '  esac',
    `  printf 'shadow %s:%s:%s\\n' "$name" "$locked" "$sum"`,
    'done',
  ].join('\n'),
)
