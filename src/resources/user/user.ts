import { createHash } from 'node:crypto'
import { ProvisionError } from '../../errors.ts'
import { reveal } from '../../masking/secret.ts'
import { accountName, passwdField } from '../account.ts'
import { constructorOf } from '../constructor.ts'
import { isWithin } from '../path-obstacles.ts'
import type { FieldChange, Obstacle, ResourceKind } from '../resource.ts'
import { applyUser } from './apply.ts'
import { USER, type User, type UserState } from './model.ts'
import { parseUsers, probeUsers } from './probe.ts'
import { busy, named } from './processes.ts'

export type { User, UserState } from './model.ts'

const keyOf = (desired: User): string => {
  const name = accountName(desired.name, 'user')
  for (const one of [...(desired.groups ?? []), ...(desired.group ? [desired.group] : [])]) accountName(one, 'group')
  for (const field of ['home', 'shell'] as const) {
    const path = passwdField(desired[field] ?? '/', `${field} of ${name}`)
    if (!path.startsWith('/')) throw wrong(`${field} of ${name} is not an absolute path: ${path}`)
  }
  passwdField(desired.comment ?? '', `comment of ${name}`)
  if (desired.passwordHash !== undefined && !/^[!-9;-~]+$/.test(reveal(desired.passwordHash)))
    throw wrong(`passwordHash of ${name} is no hash of crypt(5)`)
  if (name === 'root' && desired.state === 'absent') throw wrong('root will not be removed')
  return name
}

const wrong = (message: string): ProvisionError => new ProvisionError(message, { code: 'input' })

/** A user of the host. The one that the tool logs in as is neither removed nor locked. */
export const userKind: ResourceKind<User, UserState> = {
  kind: 'user',
  key: keyOf,
  probe: probeUsers,
  parse: ({ own }, all) => parseUsers(own, all),
  obstacles({ own }, all) {
    const states = parseUsers(own, all)
    return new Map(
      all.flatMap((desired): [string, Obstacle][] => {
        const obstacle = busy(desired, states.get(desired.name) ?? 'absent')
        return obstacle ? [[desired.name, obstacle]] : []
      }),
    )
  },
  affects: ({ name, home = `/home/${name}` }, path) => isWithin(path, home) || isWithin(home, path),
  notes(desired, actual) {
    if (actual === 'absent') return []
    return desired.state === 'absent' ? leaverNotes(desired, actual) : keptNotes(desired, actual)
  },
  diff(desired, actual) {
    if (actual !== 'absent') refuseLogin(desired, actual)
    if (desired.state === 'absent') {
      if (actual === 'absent') return undefined
      const to = desired.removeHome ? `absent, with ${actual.home}` : 'absent'
      return { action: 'delete', desired, actual, fields: [{ field: 'user', from: 'present', to }] }
    }
    if (actual === 'absent') {
      return { action: 'create', desired, actual, fields: [{ field: 'user', to: 'present' }, ...wantedFields(desired)] }
    }
    if (desired.createOnly) return undefined
    refuseMove(desired, actual)
    const fields = [
      ...plainChanges(desired, actual),
      ...groupChanges(desired, actual),
      ...passwordChanges(desired, actual),
    ]
    return fields.length === 0 ? undefined : { action: 'update', desired, actual, fields }
  },
  apply: applyUser,
}

/** A user on a host. */
export const user = constructorOf(userKind, { fields: USER })

const CLOSED = /\/(nologin|false)$/

/** @throws ProvisionError when the way in would be cut */
const refuseLogin = ({ name, state, locked, shell, createOnly }: User, actual: UserState): void => {
  if (!actual.isLogin || createOnly) return
  const closed = shell !== undefined && shell !== actual.shell && CLOSED.test(shell)
  const verb = state === 'absent' ? 'removed' : locked && !actual.locked ? 'locked' : closed ? 'closed' : undefined
  if (verb === undefined) return
  throw new ProvisionError(`provision logs in as ${name}: it will not be ${verb}`, {
    code: 'input',
    hint: 'let provision log in as somebody else first (connection.user)',
  })
}

/** @throws ProvisionError where a home would move that nobody said shall move */
const refuseMove = ({ name, home, moveHome }: User, actual: UserState): void => {
  if (home === undefined || home === actual.home || moveHome) return
  throw new ProvisionError(`the home of ${name} is ${actual.home}, not ${home}: it is not moved by itself`, {
    code: 'input',
    hint: `declare home: '${actual.home}', or moveHome: true, which moves all that is in it`,
  })
}

/** Who goes leaves a number behind, which useradd gives to the next. */
const leaverNotes = ({ removeHome }: User, { uid, home, hasHome, processes = [] }: UserState): string[] => [
  ...(processes.length > 0 ? [`what runs as it is ended: ${named(processes)}`] : []),
  ...(hasHome && !removeHome
    ? [
        `its home ${home} stays and belongs to the number ${uid}, which the next new account may get; removeHome (in admin_users: remove_home) takes it along`,
      ]
    : []),
]

const keptNotes = (desired: User, actual: UserState): string[] => {
  if (!desired.createOnly) return []
  const others = plainChanges(desired, actual).map(({ field, from, to }) => `${field} ${from}, not ${to}`)
  return others.length === 0 ? [] : [`the account was there before and stays as it is: ${others.join('; ')}`]
}

const PLAIN = ['uid', 'group', 'home', 'shell', 'comment'] as const

const wantedFields = (desired: User): FieldChange[] => [
  ...PLAIN.flatMap((field) => (desired[field] === undefined ? [] : [{ field, to: String(desired[field]) }])),
  ...(desired.groups?.length ? [{ field: 'groups', to: [...desired.groups].sort().join(',') }] : []),
  ...(desired.passwordHash ? [{ field: 'passwordHash', to: String(desired.passwordHash) }] : []),
  ...(desired.locked ? [{ field: 'locked', to: 'yes' }] : []),
]

const plainChanges = (desired: User, actual: UserState): FieldChange[] =>
  PLAIN.flatMap((field) => {
    const to = desired[field]
    return to === undefined || to === actual[field] ? [] : [{ field, from: String(actual[field]), to: String(to) }]
  })

const groupChanges = (desired: User, actual: UserState): FieldChange[] => {
  if (desired.groups === undefined) return []
  const kept = desired.appendGroups === false ? [] : actual.groups
  const wanted = [...new Set([...kept, ...desired.groups])].filter((name) => name !== actual.group).sort()
  const [from, to] = [actual.groups.join(','), wanted.join(',')]
  return from === to ? [] : [{ field: 'groups', from, to }]
}

const passwordChanges = (desired: User, actual: UserState): FieldChange[] => {
  const { passwordHash, locked } = desired
  const wanted = passwordHash && createHash('sha256').update(reveal(passwordHash)).digest('hex')
  const yesNo = (flag: boolean) => (flag ? 'yes' : 'no')
  return [
    ...(passwordHash === undefined || wanted === actual.passwordSha256
      ? []
      : [{ field: 'passwordHash', from: actual.passwordSha256 ? 'another' : undefined, to: String(passwordHash) }]),
    ...(locked === undefined || locked === actual.locked
      ? []
      : [{ field: 'locked', from: yesNo(actual.locked), to: yesNo(locked) }]),
  ]
}
