import { InputError, sh } from 'provision'
import type { FieldChange } from '../../../src/resources/resource.ts'
import { act } from '../../../src/run/failover/act.ts'
import type {
  AskedHost,
  Failover,
  FailoverGroup,
  SwitchoverDecision,
  SwitchoverRequest,
} from '../../../src/run/failover/port.ts'
import { NODE_KIND, type ToyNode, type ToyNodeState } from './node.ts'
import { catchUp } from './steps.ts'

/** The primary of a group of nodes, and how another becomes that. */
export const toyFailover: Failover = {
  product: 'Toy',
  isPart: ({ kind }) => kind.kind === NODE_KIND,
  hasOthers: ({ desired }) => isNode(desired) && desired.peers.length > 0,
  group: groupOf,
}

const isNode = (desired: unknown): desired is ToyNode =>
  typeof desired === 'object' && desired !== null && 'dir' in desired && 'peers' in desired

const isState = (state: unknown): state is ToyNodeState =>
  typeof state === 'object' && state !== null && 'role' in state && 'source' in state

interface Node extends ToyNodeState {
  readonly name: string
  readonly dir: string
}

interface Plan {
  readonly to: string
  /** The primary, or the last one. */
  readonly from: string | undefined
  readonly lost: boolean
  /** Those that copy from another one now. */
  readonly followers: readonly string[]
}

function groupOf(asked: readonly AskedHost[]): FailoverGroup {
  const nodes = asked.flatMap(({ host: { name }, part, state }): Node[] =>
    isNode(part?.desired) && 'known' in state && isState(state.known)
      ? [{ name, dir: part.desired.dir, ...state.known }]
      : [],
  )
  const primaries = nodes.filter(({ role }) => role === 'primary').map(({ name }) => name)
  const silent = asked.map(({ host }) => host.name).filter((name) => !nodes.some((one) => one.name === name))
  const strays = (to: string): string[] => {
    const dir = nodes.find(({ name }) => name === to)?.dir
    return nodes.filter(({ name, source }) => name !== to && source !== dir).map(({ name }) => name)
  }
  const planOf = ({ to, primaryLost }: SwitchoverRequest): Plan => {
    if (primaryLost && primaries.length > 0) throw refused(`${primaries.join(', ')} answers: it is not lost`)
    if (silent.length > (primaryLost ? 1 : 0)) throw refused(`${silent.join(', ')} could not be asked`)
    if (primaries.includes(to)) return { to, from: undefined, lost: false, followers: strays(to) }
    const from = primaryLost ? silent[0] : (primaries[0] ?? nodes.find(({ role }) => role === 'stopped')?.name)
    return { to, from, lost: primaryLost, followers: strays(to).filter((name) => name !== from) }
  }
  return {
    primaries,
    askLast: ({ primaryLost }) => (primaryLost ? undefined : primaries[0]),
    outlook(to) {
      const [from] = primaries
      if (from !== undefined && from !== to) return { switchover: { from, to }, unfinished: [], problems: [] }
      const unfinished = from === undefined ? [to, ...strays(to)] : strays(to)
      return { ...(unfinished.length > 0 && { switchover: { to } }), unfinished, problems: [] }
    },
    decide: (request) => decisionOf(planOf(request), nodes),
  }
}

const refused = (message: string): InputError => new InputError([{ message }])

function decisionOf(plan: Plan, nodes: readonly Node[]): SwitchoverDecision {
  const { to, from, lost, followers } = plan
  const old = from === undefined || lost ? [] : [from]
  const changes = new Map<string, readonly FieldChange[]>()
  if (from !== undefined) changes.set(to, [{ field: 'role', from: 'replica', to: 'primary' }])
  for (const name of [...followers, ...old]) changes.set(name, [{ field: 'source', to }])
  return {
    ...{ to, from, plan, changes },
    takingPart: [to, ...old, ...followers],
    async carryOut({ sessions, done }) {
      const the = (name: string) => {
        const [session, node] = [sessions.get(name), nodes.find((one) => one.name === name)]
        if (session === undefined || node === undefined) throw new RangeError(`${name} takes no part`)
        return { session, dir: node.dir }
      }
      const candidate = the(to)
      for (const name of old) {
        const { session, dir } = the(name)
        await act(session, { name: 'takes no more writes', script: sh`echo stopped >${`${dir}/role`}` })
        await act(candidate.session, { name: 'caught up', script: catchUp(candidate.dir) })
        done(name)
      }
      if (from !== undefined) {
        await act(candidate.session, {
          name: 'promoted to primary',
          script: sh`echo primary >${`${candidate.dir}/role`}`,
        })
        done(to)
      }
      for (const name of [...followers, ...old]) {
        const { session, dir } = the(name)
        await act(session, {
          name: `follows ${to}`,
          script: sh`echo ${`replica ${candidate.dir}`} >${`${dir}/role`}`,
        })
        done(name)
      }
    },
    notes: () => (lost ? [`${from} must not take writes again`] : []),
  }
}
