import { ProvisionError } from '../errors.ts'
import { hasWork, type PlannedItem } from '../plan/host-plan.ts'
import type { Planned } from '../plan/planner.ts'

/** A plan that somebody has seen and said yes to. */
export interface Approved {
  readonly planned: Planned
  /** Keys of what of it was done since. */
  readonly changed: readonly string[]
}

/**
 * What has moved between the plan that was shown and one that was made anew. What was shown as known after apply may be
 * anything; so may what rests on other hosts, which this very run changes; what the run did itself is no difference.
 */
export function movedSince({ planned, changed }: Approved, anew: Planned): string[] {
  // Somebody else has done all of it.
  if (!hasWork(anew.plan)) return []
  const before = new Map(planned.plan.items.map((item) => [item.key, item]))
  const after = new Map(anew.plan.items.map((item) => [item.key, item]))
  const perishable = new Set([...perishableKinds(planned), ...perishableKinds(anew)])
  const isFree = (key: string): boolean =>
    changed.includes(key) ||
    before.get(key)?.action === 'unknown' ||
    perishable.has((before.get(key) ?? after.get(key))?.kind ?? '')
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => !isFree(key))
  const shownHandlers = new Set(planned.plan.handlers.map(({ id }) => id))
  return [
    ...keys.flatMap((key) => moved(key, before.get(key), after.get(key)) ?? []),
    ...anew.plan.handlers
      .filter(({ id, pending }) => pending && !shownHandlers.has(id))
      .map(({ id }) => `handler '${id}' is pending now`),
  ]
}

/** Differences that are told; the first ones say enough. */
const TOLD = 5

/** @throws ProvisionError stale, when it is not what was shown */
export function needAsShown(host: string, approved: Approved, anew: Planned): void {
  const all = movedSince(approved, anew)
  if (all.length === 0) return
  const more = all.length > TOLD ? `; and ${all.length - TOLD} more` : ''
  throw new ProvisionError(`its plan is not what was shown any more: ${all.slice(0, TOLD).join('; ')}${more}`, {
    code: 'stale',
    host,
    hint: 'something else has changed this host meanwhile: run again, which shows what is to be done now',
  })
}

function moved(key: string, before: PlannedItem | undefined, after: PlannedItem | undefined): string | undefined {
  const [had, has] = [before?.action ?? 'none', after?.action ?? 'none']
  if (had === 'none') return has === 'none' ? undefined : `${key} is to be changed as well${details(after)}`
  if (has === 'none') return after === undefined ? `${key} is not declared any more` : `${key} is as declared already`
  if (look(before) === look(after)) return undefined
  return `${key} is to be changed in another way${details(after)}`
}

/** All that a person saw of it. */
const look = (item: PlannedItem | undefined): string => JSON.stringify([item?.action, item?.fields, item?.diffs])

/** ` (mode: 0644 → 0600)` */
function details(item: PlannedItem | undefined): string {
  const fields = (item?.fields ?? []).map(({ field, from, to }) => `${field}: ${from ?? '(none)'} → ${to ?? '(none)'}`)
  const texts = (item?.diffs ?? []).length > 0 ? ['its content'] : []
  const all = [...fields, ...texts].filter((text) => text.length <= 80).slice(0, 3)
  return all.length === 0 ? '' : ` (${all.join(', ')})`
}

const perishableKinds = ({ segments }: Planned): string[] =>
  segments
    .flatMap(({ steps }) => steps.flat())
    .flatMap(({ resource: { kind } }) => (kind.replanBeforeApply ? [kind.kind] : []))
