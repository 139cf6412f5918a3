import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'
import { accountName, records } from './account.ts'
import { constructorOf } from './constructor.ts'
import type { Change, ResourceKind } from './resource.ts'

export const GROUP = {
  name: { description: 'Its name.', type: 'string' },
  gid: {
    description: 'Not set: the next free one. Files keep the number they have when it changes.',
    type: 'integer',
    minimum: 0,
    optional: true,
  },
  system: {
    description: "Made with a number of the system's range; only counts when the group is made.",
    type: 'boolean',
    default: false,
  },
  state: { description: 'absent: it is removed.', enum: ['present', 'absent'], default: 'present' },
} as const satisfies FieldSchemas

export type Group = FieldsOf<typeof GROUP>

export interface GroupState {
  readonly gid: number
}

/** A group of the host: there with its number, or gone. Its members belong to the kind `user`. */
export const groupKind: ResourceKind<Group, GroupState> = {
  kind: 'group',
  key: (desired) => accountName(desired.name, 'group'),
  // getent ends with 2 when it does not find one of them.
  probe: (all) => sh`
    { getent group -- ${all.map((desired) => desired.name)} || [ $? = 2 ]; } | awk -F: '{ print "group " $1 ":" $3 }'
    echo end`,
  parse({ own }, all) {
    if (!/^end$/m.test(own)) throw new Error('the answer about groups is cut short')
    const found = new Map(records(own, 'group').map(([name = '', gid]) => [name, { gid: Number(gid) }]))
    return new Map(all.map(({ name }) => [name, found.get(name) ?? 'absent']))
  },
  diff(desired, actual) {
    if (desired.state === 'absent') {
      if (actual === 'absent') return undefined
      return { action: 'delete', desired, actual, fields: [{ field: 'group', from: 'present', to: 'absent' }] }
    }
    const gid = desired.gid?.toString()
    if (actual === 'absent') {
      const fields = [{ field: 'group', to: 'present' }, ...(gid === undefined ? [] : [{ field: 'gid', to: gid }])]
      return { action: 'create', desired, actual, fields }
    }
    if (desired.gid === undefined || desired.gid === actual.gid) return undefined
    return { action: 'update', desired, actual, fields: [{ field: 'gid', from: String(actual.gid), to: gid }] }
  },
  affects: () => false,
  apply: (changes) => joinScripts([...changes.map(applyOne), sh`sync -- /etc/group /etc`]),
}

/** A group on a host. */
export const group = constructorOf(groupKind, { fields: GROUP })

const applyOne = ({ desired }: Change<Group, GroupState>): Script => {
  const name = groupKind.key(desired)
  const gid = desired.gid === undefined ? [] : ['-g', String(desired.gid)]
  if (desired.state === 'absent') return sh`if getent group -- ${name} >/dev/null; then groupdel -- ${name}; fi`
  const change = gid.length === 0 ? sh`:` : sh`groupmod ${gid} -- ${name}`
  return sh`
    if getent group -- ${name} >/dev/null; then ${change}
    else groupadd ${[...(desired.system ? ['-r'] : []), ...gid]} -- ${name}; fi
    getent group -- ${name} >/dev/null`
}
