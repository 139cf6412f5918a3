import { messageOf, ProvisionError } from '../../errors.ts'
import { askState } from '../../execute/ask-state.ts'
import type { Emit } from '../../execute/events.ts'
import { probeHost } from '../../execute/probe-host.ts'
import { parseFacts } from '../../facts/parse.ts'
import { factsProbe } from '../../facts/probe.ts'
import type { HostSession } from '../../host/session.ts'
import type { Host } from '../../inventory/inventory.ts'
import { conceivableFacts } from '../precheck.ts'
import type { Prepared } from '../prepare.ts'
import type { AskedHost, Failover, FailoverGroup, SwitchoverDecision, SwitchoverRequest } from './port.ts'

export interface Asking {
  readonly failover: Failover
  readonly prepared: Prepared
  session(host: string): HostSession
  emit: Emit
}

/** Asks one host. Never throws for what a host can't help: that is its state. */
export async function askMember({ failover, prepared, session: to, emit }: Asking, host: Host): Promise<AskedHost> {
  const { name, tier } = host
  emit({ type: 'host-probing', host: name })
  try {
    const session = to(name)
    const compile = (facts: Parameters<typeof prepared.compiler.compile>[1]) => {
      const compiled = prepared.compiler.compile(host, facts)
      prepared.mask.learnDeclared(compiled.resources.map(({ desired }) => desired))
      return { ...compiled, resources: compiled.resources.filter((one) => failover.isPart(one)) }
    }
    const input = { session, tier, factsProbe, parseFacts, compile }
    const { resources, planned } = await probeHost(input, prepared.known.get(name))
    const [part] = resources
    const found = part && (await askState(session, [part])).get(part.key)
    const isKnown = found !== undefined && found !== 'absent' && found !== 'unknown'
    const state = isKnown ? { known: found } : { unknown: 'its server does not answer' }
    const { generation, drained } = planned.state
    return { host, part, generation, drained: drained !== undefined, state }
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error
    return { host, part: undefined, generation: '', drained: false, state: { unknown: messageOf(error) } }
  }
}

export const askAll = (asking: Asking, hosts: readonly Host[]): Promise<AskedHost[]> =>
  Promise.all(hosts.map((host) => askMember(asking, host)))

/** What is to be done, by what the hosts said. */
export interface Decided {
  readonly decision: SwitchoverDecision
  readonly probed: readonly AskedHost[]
}

/**
 * Asks all hosts of a group, and decides. One may be asked once more, after all others.
 * @param refuse throws where their answers rule it out
 * @throws InputError with the reasons against it
 */
export async function decided(
  asking: Asking,
  hosts: readonly Host[],
  request: SwitchoverRequest,
  refuse: (probed: readonly AskedHost[], group: FailoverGroup) => void,
): Promise<Decided> {
  const { failover } = asking
  const first = await askAll(asking, hosts)
  const group = failover.group(first)
  refuse(first, group)
  const last = group.askLast(request)
  const again = hosts.find(({ name }) => name === last)
  if (again === undefined) return { decision: group.decide(request), probed: first }
  const fresh = await askMember(asking, again)
  const probed = first.map((one) => (one.host.name === last ? fresh : one))
  return { decision: failover.group(probed).decide(request), probed }
}

/**
 * The failover by which the primary can be moved to a host, as its roles declare it: on the system that it was found to have,
 * else on any that it may have.
 */
export function failoverOf(
  { compiler, known }: Prepared,
  host: Host,
  failovers: readonly Failover[],
): { readonly failover: Failover; readonly hasOthers: boolean } | undefined {
  const parts = conceivableFacts(host, known.get(host.name)).flatMap((facts) => compiler.compile(host, facts).resources)
  const found = failovers.flatMap((failover) => {
    const own = parts.filter((one) => failover.isPart(one))
    return own.length === 0 ? [] : [{ failover, hasOthers: own.some((part) => failover.hasOthers(part)) }]
  })
  return found.find(({ hasOthers }) => hasOthers) ?? found[0]
}

/** `MySQL`, in messages. */
export const productsOf = (failovers: readonly Failover[]): string =>
  failovers.map(({ product }) => product).join(' or ')
