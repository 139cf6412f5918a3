import { reveal, type Secret } from '../../masking/secret.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Change } from '../resource.ts'
import type { User, UserState } from './model.ts'

export function applyUser(changes: readonly Change<User, UserState>[]): Script {
  return joinScripts([...changes.map(applyOne), sh`sync -- /etc/passwd /etc/shadow /etc/group /etc`])
}

const applyOne = ({ desired }: Change<User, UserState>): Script =>
  desired.state === 'absent' ? removal(desired) : joinScripts([keepsLogin(desired), creation(desired)])

const removal = ({ name, removeHome }: User): Script =>
  joinScripts([
    notTheLogin(name, 'removed'),
    sh`
      if getent passwd -- ${name} >/dev/null; then
        ${closeAccount(name)}
        ${endProcesses(name)}
        # With -r userdel ends with 12 when it can't remove the home or the mail.
        userdel ${removeHome ? ['-r'] : []} -- ${name}
      fi`,
  ])

/** Access goes first, whatever comes after: no password, and no login by key either, for the account has expired. */
const closeAccount = (name: string): Script => sh`usermod -L -e 1970-01-02 -- ${name}`

/** Seconds that processes get to end by themselves, and until what is killed must be gone. */
const PATIENCE = 10
const END = 15

/** userdel removes nobody who has processes. One that the kernel holds (a dead network file system) can't be ended. */
const endProcesses = (name: string): Script => sh`
  uid=$(id -u -- ${name})
  at_work() { grep -lE "^Uid:(.*[[:space:]])?$uid[[:space:]]" /proc/[0-9]*/status 2>/dev/null | cut -d/ -f3; }
  waited=0
  while pids=$(at_work); [ -n "$pids" ]; do
    case $waited in
      0)
        loginctl disable-linger ${name} 2>/dev/null || :
        loginctl terminate-user ${name} 2>/dev/null || :
        kill -TERM $pids 2>/dev/null || : ;;
      ${PATIENCE}) kill -KILL $pids 2>/dev/null || : ;;
      ${END})
        echo ${`user ${name} is locked and has expired, but its processes can't be ended:`} $pids >&2
        exit 1 ;;
    esac
    sleep 1; waited=$((waited + 1))
  done`

const CLOSED = /\/(nologin|false)$/

const keepsLogin = ({ name, locked, shell }: User): Script =>
  joinScripts([
    ...(locked ? [notTheLogin(name, 'locked')] : []),
    ...(shell !== undefined && CLOSED.test(shell) ? [notTheLogin(name, 'closed')] : []),
  ])

/** The user that sudo was called by, or that ssh logged in as: root has no other. */
const notTheLogin = (name: string, verb: string): Script => sh`
  login=$(printenv SUDO_USER || id -un)
  if [ "$login" = ${name} ]; then
    echo ${`user ${name}: provision logs in as it: it will not be ${verb}`} >&2; exit 1
  fi`

const creation = (desired: User): Script => {
  const { name } = desired
  const change = changeArgs(desired)
  return joinScripts([
    sh`
      if getent passwd -- ${name} >/dev/null; then
        ${change.length === 0 ? sh`:` : sh`usermod ${change} -- ${name}`}
      else
        ${primaryGroup(desired)}
        useradd ${createArgs(desired)} "$@" -- ${name}
      fi`,
    ...(desired.passwordHash ? [setHash(name, desired.passwordHash)] : []),
    ...(desired.locked === undefined ? [] : [sh`usermod ${desired.locked ? '-L' : '-U'} -- ${name}`]),
    sh`getent passwd -- ${name} >/dev/null`,
  ])
}

/** useradd refuses to make a group that is there already. */
const primaryGroup = ({ name, group }: User): Script =>
  group === undefined
    ? sh`if getent group -- ${name} >/dev/null; then set -- -g ${name}; else set -- -U; fi`
    : sh`set -- -g ${group}`

const common = (desired: User): string[] => [
  ...(desired.uid === undefined ? [] : ['-u', String(desired.uid)]),
  ...(desired.shell === undefined ? [] : ['-s', desired.shell]),
  ...(desired.comment === undefined ? [] : ['-c', desired.comment]),
]

const createArgs = (desired: User): string[] => [
  ...(desired.system ? ['-r', '-M'] : ['-m']),
  ...common(desired),
  ...(desired.home === undefined ? [] : ['-d', desired.home]),
  ...(desired.groups?.length ? ['-G', desired.groups.join(',')] : []),
]

const changeArgs = (desired: User): string[] => {
  const append = desired.appendGroups !== false
  return [
    ...common(desired),
    ...(desired.home === undefined || !desired.moveHome ? [] : ['-d', desired.home, '-m']),
    ...(desired.group === undefined ? [] : ['-g', desired.group]),
    ...(desired.groups === undefined || (append && desired.groups.length === 0)
      ? []
      : [...(append ? ['-a'] : []), '-G', desired.groups.join(',')]),
  ]
}

/** The hash is in no argument: printf is a builtin, and the rest comes from here-documents. */
const setHash = (name: string, hash: Secret): Script => {
  const base64 = Buffer.from(reveal(hash)).toString('base64')
  return joinScripts([
    sh`{ printf '%s:' ${name}; base64 -d; echo; } <<'PROVISION_HASH' | chpasswd -e`,
    rawScript(`${base64}\nPROVISION_HASH`),
  ])
}
