import { type HostPlan, hasWork } from '../../plan/host-plan.ts'
import { isTurn } from '../../rollout/phase.ts'
import type { TierPlan } from '../../rollout/tier-plan.ts'
import { dataMoved, deleted, migrated, packagesRemoved, reduced, stopped, type Things } from './dangers.ts'
import { type Line, line, span, type Tone } from './line.ts'
import { sizeText } from './plan.ts'
import { drainText } from './rollout.ts'
import { atOnce, type Steps } from './steps.ts'
import { counted, listing } from './words.ts'

/** Things that a line of the overview names one by one. */
const NAMED = 6

/** What the plans are a part of. */
export interface Whole {
  /** Hosts that take part, those without a change as well. */
  readonly hosts: number
  /** How the tiers with work will be changed. */
  readonly tiers: readonly TierPlan[]
}

/**
 * What plans amount to, before anybody reads them: how much, what is restarted, who is taken out of service and in which order,
 * what goes away, what is not known yet. Nothing for one host with nothing of that kind: its plan is as short.
 * @param plans in the order in which tiers are changed
 */
export const overviewLines = (plans: readonly HostPlan[], whole: Whole): Line[] => atOnce(overviewSteps(plans, whole))

/** The same in steps, for thousands of hosts. */
export function* overviewSteps(plans: readonly HostPlan[], { hosts, tiers }: Whole): Steps<Line[]> {
  const working = plans.filter(hasWork)
  if (working.length < 2 && !working.some(isDelicate)) return []
  let [changes, handlers] = [0, 0]
  for (const plan of working) {
    changes += plan.items.filter(({ action }) => action !== 'none').length
    handlers += plan.handlers.length
  }
  yield
  const on = working.length < hosts ? `${working.length} of ${counted(hosts, 'host')}` : counted(hosts, 'host')
  const lines = [
    line(span('bold', `${sizeText(changes, handlers)} on ${on}`)),
    ...section('change', 'restarts', yield* byThing(working, restartsOf)),
    ...drainedLine(working, tiers),
    ...section('warn', 'out of service with nothing to drain it', yield* byThing(working, exposedOf)),
  ]
  for (const [title, things] of DANGERS) lines.push(...section('remove', title, yield* byThing(working, things)))
  return [...lines, ...section('dim', 'known only after an earlier change', yield* byThing(working, unknownOf))]
}

const DANGERS: readonly (readonly [title: string, things: Things])[] = [
  ['deletes', deleted],
  ['removes packages', packagesRemoved],
  ['removes parts of', reduced],
  ['stops', stopped],
  ['moves or replaces data', dataMoved],
  ['migrates data', migrated],
]

const isDelicate = (plan: HostPlan): boolean =>
  [exposedOf, ...DANGERS.map(([, things]) => things)].some((things) => things(plan).length > 0)

/** `taken out of service, and put back: web1, web2 (1 at a time); then db2, then the switchover from db1 to db2, then db1` */
function drainedLine(working: readonly HostPlan[], tiers: readonly TierPlan[]): Line[] {
  const drained = working
    .filter(({ rollout }) => rollout?.steps.some(({ phase }) => isTurn('takeOut', phase)))
    .map(({ host }) => host)
  if (drained.length === 0) return []
  const ordered = tiers.map((tier) => drainText(tier, new Set(drained))).filter((text) => text !== '')
  const text = ordered.length > 0 ? ordered.join('; then ') : listing(drained)
  return [line(span('change', 'taken out of service, and put back: '), text)]
}

const restartsOf: Things = ({ handlers }) => handlers.flatMap(({ id }) => /^restart (.*)$/.exec(id)?.[1] ?? [])

const exposedOf: Things = ({ host, rollout }) => ((rollout?.exposed ?? []).length > 0 ? [host] : [])

const unknownOf: Things = ({ items }) =>
  items.some(({ action }) => action === 'unknown')
    ? [counted(items.filter(({ action }) => action === 'unknown').length, 'resource')]
    : []

/** Each thing with the hosts that have it, in the order of the first. */
function* byThing(plans: readonly HostPlan[], things: Things): Steps<[string, string[]][]> {
  const hosts = new Map<string, string[]>()
  for (const plan of plans) {
    for (const thing of things(plan)) {
      const known = hosts.get(thing)
      if (known) known.push(plan.host)
      else hosts.set(thing, [plan.host])
    }
    yield
  }
  return [...hosts]
}

const section = (tone: Tone, title: string, things: readonly [string, readonly string[]][]): Line[] => {
  if (things.length === 0) return []
  const texts = things.map(([thing, on]) => {
    if (on.length === 1 && on[0] === thing) return thing
    return `${thing} (${on.length <= 4 ? on.join(', ') : counted(on.length, 'host')})`
  })
  return [line(span(tone, `${title}: `), listing(texts, NAMED))]
}
