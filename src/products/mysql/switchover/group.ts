import type { CompiledResource } from '../../../catalog/compiled.ts'
import type { AskedHost } from '../../../run/failover/port.ts'
import { mysqlReplicationKind } from '../kinds/replication.ts'
import type { MysqlReplication, ReplicationState } from '../kinds/replication-state.ts'
import type { Member } from './switch-plan.ts'

/** Addresses as the servers know each other. */
export function membersOf(all: readonly AskedHost[]): Member[] {
  const peers = new Map(all.flatMap((one) => declaredOf(one)?.peers ?? []).map((peer) => [peer.name, peer]))
  return all.map(({ host, state }) => {
    const { host: address, port } = peers.get(host.name) ?? { host: host.address, port: 3306 }
    return { name: host.name, host: address, port, state: stateOf(state) }
  })
}

const stateOf = (state: AskedHost['state']): Member['state'] => {
  if ('unknown' in state) return state
  return isState(state.known) ? state.known : { unknown: 'its server does not answer' }
}

/** What is declared of a server's part in its group. */
export const declaredOf = ({ part }: Pick<AskedHost, 'part'>): MysqlReplication | undefined =>
  isReplication(part?.desired) ? part.desired : undefined

/** A resource is a server's part in a group. By its kind's name: the roles of a project may have loaded another copy. */
export const isPart = ({ kind }: CompiledResource): boolean => kind.kind === mysqlReplicationKind.kind

const isReplication = (desired: unknown): desired is MysqlReplication =>
  typeof desired === 'object' && desired !== null && 'bootstrap' in desired && 'peers' in desired

const isState = (state: unknown): state is ReplicationState =>
  typeof state === 'object' && state !== null && 'gtidMode' in state && 'executed' in state
