import type { RolloutPolicy } from './policy.ts'

/** A host of a tier as the planner of a rollout sees it: what it is about to be, and what it is. */
export interface RolloutHost {
  readonly host: string
  /** It has work to do. */
  readonly pending: boolean
  /** The work would disturb what it serves: it is drained. */
  readonly disrupted: boolean
  /** An earlier run left it drained: it is put back first. */
  readonly drained: boolean
  /** None of its services runs: nobody misses it. */
  readonly down?: boolean | undefined
  /** It is the primary, on which the others depend: where it is disturbed, it comes last. */
  readonly isPrimary?: boolean | undefined
  /** Where it is the primary, and that may be moved to another, it is before its work. */
  readonly needsFailover?: boolean | undefined
  /** Hosts that have to make some of its changes before it; itself where it is the one. */
  readonly first?: readonly string[] | undefined
  /** It failed before anything was changed (unreachable, unreadable): it counts against the budget. */
  readonly failed: boolean
  /** The failure domain that it is in: a value of the var, or a group. */
  readonly domain?: string | undefined
}

/** The primary of a tier is moved: from one of its hosts to another. */
export interface Switchover {
  /** The primary now; undefined: an earlier run began it, and it is brought to its end. */
  readonly from?: string | undefined
  readonly to: string
}

export interface TierInput {
  readonly tier: string
  /** All hosts of the tier that take part in the run, in the inventory's order. */
  readonly hosts: readonly RolloutHost[]
  readonly policy: RolloutPolicy
  /** A role wants all hosts changed at the same time, whatever the policy says. */
  readonly simultaneous?: boolean | undefined
  /** Done where its `from` needs it; without a `from`, it comes before anything else. */
  readonly switchover?: Switchover | undefined
}

/** Hosts that are changed one after the other in so many slots: the next one begins when one is done. */
export interface Batch {
  readonly hosts: readonly string[]
  readonly slots: number
  /** Seconds to wait before it begins. */
  readonly pause: number
  /** To be asked for before it begins. */
  readonly confirm: boolean
  /** Done before its host, the only one, begins. */
  readonly switchover?: Switchover | undefined
}

/** The way of a tier: plain data. */
export interface TierPlan {
  readonly tier: string
  /** Size of the tier, as far as it takes part. */
  readonly size: number
  /** One after the other. */
  readonly batches: readonly Batch[]
  /** Hosts that failed already. */
  readonly failed: number
  /** So many hosts may fail; one more, and no further host is begun. */
  readonly failuresAllowed: number
  /** The rule of the policy that this number comes from, in words. */
  readonly rule: string
  /** Hosts that are drained. */
  readonly drains: readonly string[]
  /** Hosts that an earlier run left drained: they come first. */
  readonly leftDrained: readonly string[]
  /** Hosts that are begun only when another one of the tier is done. */
  readonly waiting: readonly Waiting[]
}

export interface Waiting {
  readonly host: string
  readonly for: string
}

/** How many hosts of a tier of this size `serial` stands for: at least one. */
export function slots(serial: number | string, size: number): number {
  const wanted = typeof serial === 'number' ? serial : Math.floor((size * Number.parseFloat(serial)) / 100)
  return Math.max(1, Math.min(size, wanted))
}

/** How a tier is changed. Pure. */
export function planTier({ tier, hosts, policy, simultaneous = false, switchover }: TierInput): TierPlan {
  const pending = hosts.filter((one) => one.pending)
  // What is put back, or mended in place, is there when others are taken out.
  const ordered = pending.toSorted((a, b) => rank(a) - rank(b))
  const drains = ordered.filter((one) => one.disrupted).map(({ host }) => host)
  // What others wait for has been done on these already.
  const done = new Set(hosts.filter((one) => !one.failed && !goesFirst(one)).map(({ host }) => host))
  return {
    tier,
    size: hosts.length,
    batches: simultaneous
      ? allAtOnce(ordered)
      : batchesOf(ordered, hosts.length, drains.length > 0, policy, switchover),
    failed: hosts.filter((one) => one.failed).length,
    ...budgetOf(hosts.length, drains.length > 0, policy),
    drains,
    leftDrained: ordered.filter((one) => one.drained).map(({ host }) => host),
    waiting: ordered.flatMap(({ host, first = [] }) =>
      first.filter((other) => other !== host && !done.has(other)).map((other) => ({ host, for: other })),
    ),
  }
}

const rank = ({ drained, disrupted, isPrimary }: RolloutHost): number =>
  drained ? 0 : !disrupted ? 1 : isPrimary === true ? 3 : 2

const allAtOnce = (hosts: readonly RolloutHost[]): Batch[] =>
  hosts.length === 0 ? [] : [{ hosts: names(hosts), slots: hosts.length, pause: 0, confirm: false }]

const names = (hosts: readonly RolloutHost[]): string[] => hosts.map(({ host }) => host)

function batchesOf(
  hosts: readonly RolloutHost[],
  size: number,
  drains: boolean,
  policy: RolloutPolicy,
  switchover: Switchover | undefined,
): Batch[] {
  const awaiting = switchover && awaitingOf(hosts, switchover)
  const leading: Stage[] = hosts
    .filter((one) => one !== awaiting && goesFirst(one))
    .map((one) => ({ hosts: [one], width: 1 }))
  const widths = withoutCanaries(
    (policy.serial ?? [drains ? 1 : '100%']).map((serial) => slots(serial, size)),
    leading.length,
  )
  const stops = policy.pause > 0 || policy.confirm
  const others = hosts.filter((one) => one !== awaiting && !goesFirst(one))
  const rest = stagesByState(
    others,
    widths,
    stops,
    policy.serialDown === undefined ? undefined : slots(policy.serialDown, size),
  )
  const alone: Stage[] = awaiting ? [{ hosts: [awaiting], width: 1, switchover }] : []
  const stages = [...leading, ...(switchover?.from === undefined ? [...alone, ...rest] : [...rest, ...alone])]
  return stages.map((stage, i) => ({
    hosts: names(stage.hosts),
    slots: Math.min(stage.width, stage.hosts.length),
    pause: i === 0 ? 0 : policy.pause,
    confirm: i > 0 && policy.confirm,
    ...(stage.switchover && { switchover: stage.switchover }),
  }))
}

/**
 * The host in whose turn the switchover is done: it has a batch of its own, for nobody may be at work meanwhile. The old
 * primary comes after all others; what an earlier run left undone stands in everybody's way.
 */
const awaitingOf = (hosts: readonly RolloutHost[], { from }: Switchover): RolloutHost | undefined =>
  from === undefined ? hosts[0] : hosts.find(({ host, needsFailover }) => host === from && needsFailover === true)

/** Hosts that go first anyway are the canaries, or some of them. */
function withoutCanaries([first, ...rest]: readonly number[], leading: number): number[] {
  if (first === undefined) return []
  if (rest.length === 0 || leading === 0) return [first, ...rest]
  return first > leading ? [first - leading, ...rest] : rest
}

/** Others wait for it: it has a batch of its own, before all of them. */
const goesFirst = ({ host, first = [] }: RolloutHost): boolean => first.includes(host)

interface Stage {
  readonly hosts: readonly RolloutHost[]
  readonly width: number
  readonly switchover?: Switchover | undefined
}

/**
 * Where hosts that serve nobody have a width of their own they come first: they are there when others are taken out. What
 * an earlier run left out of service is before everything else, and then all keep their order.
 */
function stagesByState(
  hosts: readonly RolloutHost[],
  widths: readonly number[],
  stops: boolean,
  widthDown: number | undefined,
): Stage[] {
  if (widthDown === undefined || hosts.some(({ drained }) => drained)) return stagesOf(domainsOf(hosts), widths, stops)
  const isDown = ({ down }: RolloutHost): boolean => down === true
  return [
    ...stagesOf(domainsOf(hosts.filter(isDown)), [widthDown], stops),
    ...stagesOf(domainsOf(hosts.filter((one) => !isDown(one))), widths, stops),
  ]
}

/**
 * Cuts hosts into stages: canaries by the first widths, then the rest by the last one. The rest is one stage in which
 * slots slide, unless something stands between batches; stages end where a failure domain ends.
 */
function stagesOf(domains: readonly RolloutHost[][], widths: readonly number[], stops: boolean): Stage[] {
  const stages: Stage[] = []
  const left = [...widths]
  for (const domain of domains) {
    for (let from = 0; from < domain.length; ) {
      const canaries = left.length > 1
      const width = (canaries ? left.shift() : left[0]) ?? domain.length
      const take = canaries || stops ? width : domain.length
      stages.push({ hosts: domain.slice(from, from + take), width })
      from += take
    }
  }
  return stages
}

/** By failure domain, in the order in which each appears; without one all together. */
function domainsOf(hosts: readonly RolloutHost[]): RolloutHost[][] {
  const domains = new Map<string | undefined, RolloutHost[]>()
  for (const host of hosts) {
    const domain = domains.get(host.domain)
    if (domain) domain.push(host)
    else domains.set(host.domain, [host])
  }
  return [...domains.values()]
}

function budgetOf(size: number, drains: boolean, policy: RolloutPolicy) {
  const { maxFailPercentage, maxFailures } = policy
  if (maxFailPercentage === undefined && maxFailures === undefined) {
    return drains
      ? { failuresAllowed: 0, rule: 'the first failure stops a tier whose hosts are drained' }
      : { failuresAllowed: size, rule: 'a failed host stops no other' }
  }
  const byShare = Math.floor((size * (maxFailPercentage ?? 100)) / 100)
  const byCount = maxFailures ?? size
  return byCount < byShare || maxFailPercentage === undefined
    ? { failuresAllowed: byCount, rule: `max_failures ${byCount}` }
    : { failuresAllowed: byShare, rule: `max_fail_percentage ${maxFailPercentage}` }
}
