import { dotted, step } from '../problems/pointer.ts'
import { type MergedGroups, mergeGroups } from './group-vars.ts'
import type { Membership } from './groups.ts'
import type { Member } from './logins.ts'
import { originAt } from './origins.ts'
import type { ConnectionFile } from './schemas/connection.ts'
import type { HostsFile } from './schemas/hosts.ts'
import type { Source } from './source.ts'
import { levelOf } from './vars.ts'

/** The hosts of hosts.yml with what is written of their logins, and where. */
export function membersOf(hosts: Source<HostsFile>, membership: Membership): Member[] {
  const { data, origins } = hosts
  const ofGroups = groupConnections(hosts, membership)
  return Object.entries(data.tiers).flatMap(([tier, members]) =>
    Object.entries(members.hosts).map(([name, host]): Member => {
      const pointer = `/tiers${step(tier)}/hosts${step(name)}`
      const groups = ofGroups(membership.of(name)).level
      const layers = [data.connection, groups.vars, members.connection, host.connection]
      const place = (key: keyof ConnectionFile) => {
        const scopes = [pointer, `/tiers${step(tier)}`, undefined, '']
        const at = scopes.findIndex((_, i) => key in (layers[3 - i] ?? {}))
        const scope = scopes[at]
        const written = scope === undefined ? pointer : `${scope}/connection/${key}`
        const origin = at === 2 ? originAt(groups.origins, `/${key}`) : originAt(origins, written)
        return { origin, path: dotted(written) }
      }
      const origin = originAt(origins, pointer) ?? { file: '', line: 1, col: 1 }
      return { name, address: host.address, layers, origin, place }
    }),
  )
}

/** What groups say of their hosts' logins, by the groups of a host. */
export function groupConnections(
  { data, origins }: Source<HostsFile>,
  membership: Membership,
): (groups: readonly string[]) => MergedGroups {
  const made = new Map<string, MergedGroups>()
  return (names) => {
    const key = names.join(' ')
    const levels = () =>
      names.flatMap((group) => {
        const level = levelOf(data.groups?.[group]?.connection, origins, `/groups${step(group)}/connection`)
        return Object.keys(level.vars).length > 0 ? [{ group, level }] : []
      })
    const known = made.get(key) ?? mergeGroups(levels(), membership.contains)
    made.set(key, known)
    return known
  }
}
