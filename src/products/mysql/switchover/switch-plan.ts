import type { Problem } from '../../../errors.ts'
import type { SwitchoverRequest } from '../../../run/failover/port.ts'
import { gtidText, parseGtids, withoutGtids } from '../kinds/gtid.ts'
import type { ReplicationState } from '../kinds/replication-state.ts'

/** A server of the group as it was asked. */
export interface Member {
  readonly name: string
  /** Where the others reach it. */
  readonly host: string
  readonly port: number
  /** Why there is no answer, in place of it. */
  readonly state: ReplicationState | { readonly unknown: string }
}

/** Who does what. */
export interface SwitchPlan {
  readonly candidate: string
  /** The primary, or the last one; undefined: the candidate is that already. */
  readonly old: string | undefined
  /** The old one is gone: it is fenced, asked nothing, and left out. */
  readonly lost: boolean
  /** Those that will replicate from the candidate and do not yet; the old one last, unless it is lost. */
  readonly followers: readonly string[]
}

export type SwitchVerdict = SwitchPlan | { readonly problems: readonly Problem[] }

type Known = Member & { readonly state: ReplicationState }

const isKnown = (member: Member): member is Known => !('unknown' in member.state)
const refuse = (...problems: readonly Problem[]): SwitchVerdict => ({ problems })

/** Transactions in one set that are not in another, as text. */
export const surplus = (from: string, other: string): string =>
  gtidText(withoutGtids(parseGtids(from), parseGtids(other)))

const follows = ({ state: { channel } }: Known, { host, port }: Member): boolean =>
  channel !== undefined && channel.host === host && channel.port === port

/**
 * Whether the writes can go to another server, and who has to do what for it. What an earlier call left halfway is
 * found in what the servers say, and finished. Pure.
 * @param members of the group; the primary asked after the others, or what they got from it
 * meanwhile would look like their own
 */
export function planSwitch(members: readonly Member[], { to, primaryLost }: SwitchoverRequest): SwitchVerdict {
  const candidate = members.find(({ name }) => name === to)
  if (candidate === undefined) return refuse({ message: `${to} is no server of the group` })
  if (!isKnown(candidate)) return refuse(unknownProblem(candidate))
  const writable = members.filter(isKnown).filter(({ state }) => state.role === 'writable')
  if (writable.length > 1) {
    return refuse({
      message: `${writable.map(({ name }) => name).join(' and ')} are all writable: which one is right?`,
      hint: 'SET GLOBAL super_read_only = ON on the others',
    })
  }
  if (candidate.state.role === 'writable') return finish(members, candidate)
  const old = members.find((member) => follows(candidate, member))
  if (old === undefined) {
    return refuse({
      message: `${to} replicates from no server of the group: it may lack anything`,
      hint: 'run provision first: it makes it a replica',
    })
  }
  const others = members.filter((member) => member !== candidate && member !== old)
  const problems = primaryLost
    ? lostProblems(old, candidate, others)
    : plannedProblems(old, candidate, others, writable)
  if (problems.length > 0) return { problems }
  return {
    candidate: to,
    old: old.name,
    lost: primaryLost,
    followers: [...others, ...(primaryLost ? [] : [old])].map(({ name }) => name),
  }
}

/** The candidate is the primary already: what is left is that all others follow it. */
function finish(members: readonly Member[], candidate: Known): SwitchVerdict {
  const others = members.filter((member) => member !== candidate)
  const open = others.filter((member) => !isKnown(member) || !follows(member, candidate))
  const problems = open.flatMap((member) => (isKnown(member) ? errant(member, candidate) : [unknownProblem(member)]))
  if (problems.length > 0) return { problems }
  return { candidate: candidate.name, old: undefined, lost: false, followers: open.map(({ name }) => name) }
}

function plannedProblems(
  old: Member,
  candidate: Known,
  others: readonly Member[],
  writable: readonly Known[],
): Problem[] {
  if (!isKnown(old)) return [{ ...unknownProblem(old), hint: 'when it is gone for good: --primary-lost' }]
  if (old.state.channel !== undefined) {
    return [{ message: `${old.name}, which ${candidate.name} replicates from, is a replica itself` }]
  }
  const stray = writable.filter((member) => member !== old)
  return [
    ...stray.map(({ name }) => ({
      message: `${name} is writable, but ${candidate.name} replicates from ${old.name}`,
      hint: 'run provision first, and see what it says',
    })),
    ...[candidate, ...others].flatMap((member) => {
      if (!isKnown(member)) return [unknownProblem(member)]
      if (follows(member, candidate)) return []
      return [...health(member, old), ...errant(member, old)]
    }),
  ]
}

function lostProblems(old: Member, candidate: Known, others: readonly Member[]): Problem[] {
  if (isKnown(old)) {
    return [
      { message: `${old.name} answers: it is not lost`, hint: 'leave --primary-lost out, or stop it first, for good' },
    ]
  }
  return others.flatMap((member) => {
    if (!isKnown(member)) return [unknownProblem(member)]
    if (!follows(member, old) && !follows(member, candidate)) {
      return [{ message: `${member.name} does not replicate from ${old.name}`, hint: 'run provision for it later' }]
    }
    return own(candidate, member)
  })
}

const unknownProblem = ({ name, state }: Member): Problem => ({
  message: `${name} could not be asked${'unknown' in state ? `: ${state.unknown}` : ''}`,
  hint: `bring it back, or leave it out: provision switchover with --limit 'all,!${name}'; a run joins it later`,
})

function health(member: Known, old: Known): Problem[] {
  const { name, state } = member
  if (!follows(member, old)) {
    return [{ message: `${name} does not replicate from ${old.name}`, hint: 'run provision first' }]
  }
  const threads = [state.channel?.receiver, state.channel?.applier]
  const ill = threads.flatMap((thread) =>
    thread !== undefined && (thread.state !== 'ON' || thread.error !== '') ? [thread.error || thread.state] : [],
  )
  return ill.length === 0
    ? []
    : [{ message: `replication of ${name} does not run: ${ill.join(', ')}`, hint: 'run provision first' }]
}

function errant({ name, state }: Known, source: Known): Problem[] {
  const more = surplus(state.executed, source.state.executed)
  return more === ''
    ? []
    : [
        {
          message: `${name} has errant transactions, which ${source.name} never had: ${more}`,
          hint: 'see what they are with mysqlbinlog (docs/database.md)',
        },
      ]
}

/** Of its own making, and not in what another replica has: the lost primary never had them either. */
function own({ name, state }: Known, other: Known): Problem[] {
  const more = surplus(state.executed, other.state.executed)
  return more.includes(state.uuid)
    ? [{ message: `${name} has errant transactions, which ${other.name} lacks: ${more}` }]
    : []
}

/**
 * Of the replicas that a lost primary left: those that have what the candidate lacks. None may be, or acknowledged
 * writes would be lost that are still there.
 */
export function ahead(executed: ReadonlyMap<string, string>, candidate: string): Problem[] {
  const mine = executed.get(candidate) ?? ''
  return [...executed].flatMap(([name, theirs]) => {
    const more = name === candidate ? '' : surplus(theirs, mine)
    return more === ''
      ? []
      : [{ message: `${name} has transactions that ${candidate} lacks: ${more}`, hint: `use --to ${name}` }]
  })
}
