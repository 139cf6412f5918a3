import { type HostPlan, hasWork, type PlannedItem } from '../../plan/host-plan.ts'
import { isTurn } from '../../rollout/phase.ts'
import { type Line, line, span, type Tone } from './line.ts'
import { sizeText } from './plan.ts'
import { counted, listing } from './words.ts'

/** Things that a line of the overview names one by one. */
const NAMED = 6

/**
 * What plans amount to, before anybody reads them: how much, what is restarted, who is taken out of service, what goes away,
 * what is not known yet. Nothing for one host with nothing of that kind: its plan is as short.
 * @param plans in the order in which tiers are changed
 */
export function overviewLines(plans: readonly HostPlan[]): Line[] {
  const working = plans.filter(hasWork)
  if (working.length < 2 && !working.some(isDelicate)) return []
  const changes = working.flatMap(({ items }) => items.filter(({ action }) => action !== 'none')).length
  const handlers = working.flatMap((plan) => plan.handlers).length
  const drained = working
    .filter(({ rollout }) => rollout?.steps.some(({ phase }) => isTurn('takeOut', phase)))
    .map(({ host }) => host)
  return [
    line(span('bold', `${sizeText(changes, handlers)} on ${counted(working.length, 'host')}`)),
    ...told('change', 'restarts', byThing(working, restartsOf)),
    ...(drained.length > 0 ? [line(span('change', 'taken out of service, and put back: '), listing(drained))] : []),
    ...told('warn', 'out of service with nothing to drain it', byThing(working, exposedOf)),
    ...told('remove', 'deletes', byThing(working, deletesOf)),
    ...told('remove', 'stops', byThing(working, stopsOf)),
    ...told('dim', 'known only after an earlier change', byThing(working, unknownOf)),
  ]
}

const isDelicate = (plan: HostPlan): boolean =>
  [exposedOf, deletesOf, stopsOf].some((things) => things(plan).length > 0)

const restartsOf = ({ handlers }: HostPlan): string[] =>
  handlers.flatMap(({ id }) => /^restart (.*)$/.exec(id)?.[1] ?? [])

const exposedOf = ({ host, rollout }: HostPlan): string[] => ((rollout?.exposed ?? []).length > 0 ? [host] : [])

const keysOf =
  (holds: (item: PlannedItem) => boolean) =>
  ({ items }: HostPlan): string[] =>
    items.filter(holds).map(({ key }) => key)

const deletesOf = keysOf(({ action }) => action === 'delete')
const stopsOf = keysOf(({ fields }) => fields.some(({ field, to }) => field === 'state' && to === 'stopped'))
const unknownOf = ({ items }: HostPlan): string[] =>
  items.some(({ action }) => action === 'unknown')
    ? [counted(items.filter(({ action }) => action === 'unknown').length, 'resource')]
    : []

/** Each thing with the hosts that have it, in the order of the first. */
function byThing(plans: readonly HostPlan[], things: (plan: HostPlan) => readonly string[]): [string, string[]][] {
  const hosts = new Map<string, string[]>()
  for (const plan of plans) {
    for (const thing of things(plan)) {
      const known = hosts.get(thing)
      if (known) known.push(plan.host)
      else hosts.set(thing, [plan.host])
    }
  }
  return [...hosts]
}

const told = (tone: Tone, title: string, things: readonly [string, readonly string[]][]): Line[] => {
  if (things.length === 0) return []
  const texts = things.map(([thing, on]) => {
    if (on.length === 1 && on[0] === thing) return thing
    return `${thing} (${on.length <= 4 ? on.join(', ') : counted(on.length, 'host')})`
  })
  return [line(span(tone, `${title}: `), listing(texts, NAMED))]
}
