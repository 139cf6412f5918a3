import type { CompiledResource } from '../../../catalog/compiled.ts'
import { messageOf, ProvisionError } from '../../../errors.ts'
import { askState } from '../../../execute/ask-state.ts'
import type { Emit } from '../../../execute/events.ts'
import { probeHost } from '../../../execute/probe-host.ts'
import { parseFacts } from '../../../facts/parse.ts'
import { factsProbe } from '../../../facts/probe.ts'
import type { HostSession } from '../../../host/session.ts'
import type { Host } from '../../../inventory/inventory.ts'
import type { Prepared } from '../../../run/prepare.ts'
import { mysqlReplicationKind } from '../kinds/replication.ts'
import type { MysqlReplication, ReplicationState } from '../kinds/replication-state.ts'
import type { Member } from './switch-plan.ts'

/** A host of the group: what its role declares of it and what its server says. */
export interface Asked {
  readonly host: Host
  /** Undefined: the host could not be asked, or its roles declare no part in a group. */
  readonly desired: MysqlReplication | undefined
  /** As the lock wants it. */
  readonly generation: string
  /** A run left it out of service. */
  readonly drained: boolean
  readonly state: Member['state']
}

export interface Asking {
  readonly prepared: Prepared
  session(host: string): HostSession
  emit: Emit
}

/** Asks one host. Never throws for what a host can't help: that is its state. */
export async function askMember({ prepared, session: to, emit }: Asking, host: Host): Promise<Asked> {
  const { name, tier } = host
  emit({ type: 'host-probing', host: name })
  try {
    const session = to(name)
    const compile = (facts: Parameters<typeof prepared.compiler.compile>[1]) => {
      const compiled = prepared.compiler.compile(host, facts)
      prepared.mask.learn(compiled.resources.map(({ desired }) => desired))
      return { ...compiled, resources: compiled.resources.filter(isPart) }
    }
    const input = { session, tier, factsProbe, parseFacts, compile }
    const { resources, planned } = await probeHost(input, prepared.known.get(name))
    const [part] = resources
    const desired = isReplication(part?.desired) ? part.desired : undefined
    const found = part && (await askState(session, [part])).get(part.key)
    const state = isState(found) ? found : { unknown: 'its server does not answer' }
    const { generation, drained } = planned.state
    return { host, desired, generation, drained: drained !== undefined, state }
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return { host, desired: undefined, generation: '', drained: false, state: { unknown: messageOf(error) } }
  }
}

/** Addresses as the servers know each other. */
export function membersOf(all: readonly Asked[]): Member[] {
  const peers = new Map(all.flatMap(({ desired }) => desired?.peers ?? []).map((peer) => [peer.name, peer]))
  return all.map(({ host, state }) => {
    const { host: address, port } = peers.get(host.name) ?? { host: host.address, port: 3306 }
    return { name: host.name, host: address, port, state }
  })
}

/** A resource is a server's part in a group. By its kind's name: the roles of a project may have loaded another copy. */
export const isPart = ({ kind }: CompiledResource): boolean => kind.kind === mysqlReplicationKind.kind

export const isReplication = (desired: unknown): desired is MysqlReplication =>
  typeof desired === 'object' && desired !== null && 'bootstrap' in desired && 'peers' in desired

const isState = (state: unknown): state is ReplicationState =>
  typeof state === 'object' && state !== null && 'gtidMode' in state && 'executed' in state
