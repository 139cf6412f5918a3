import type { HostPlan, PlannedItem } from '../plan/host-plan.ts'
import type { Planned } from '../plan/planner.ts'
import type { SealedHost } from './format.ts'

export interface MovedInput {
  readonly sealed: SealedHost
  /** The plan of this host as it was shown. */
  readonly shown: HostPlan
  readonly anew: Planned
  /** Of the plan made anew. */
  readonly seal: SealedHost
  /** Keys of what this run has done so far. */
  readonly changed: readonly string[]
  /** This run or an earlier one has begun to apply the plan here. */
  readonly begun: boolean
}

/**
 * What of a plan made anew is not within the one that was kept. What this plan has done is no difference; what was shown as
 * known after apply may be anything, and what rests on other hosts, which this very run changes, too: as long as the same is
 * wanted of it.
 */
export function movedSinceSealed({ sealed, shown, anew, seal, changed, begun }: MovedInput): string[] {
  // Somebody else has done all of it.
  if (anew.segments.length === 0 && !anew.openEnded && anew.handlers.length === 0) return []
  const before = new Map(shown.items.map((item) => [item.key, item]))
  const after = new Map(anew.plan.items.map((item) => [item.key, item]))
  const had = new Map(sealed.items.map((item) => [item.key, item]))
  const has = new Map(seal.items.map((item) => [item.key, item]))
  const isUnderWay = begun || changed.length > 0
  const perishable = new Set(
    anew.segments
      .flatMap(({ steps }) => steps.flat())
      .flatMap(({ resource: { kind } }) => (kind.replanBeforeApply ? [kind.kind] : [])),
  )
  const moved = (key: string): string[] => {
    const [was, is] = [before.get(key), after.get(key)]
    const [hadSeal, hasSeal] = [had.get(key), has.get(key)]
    if (changed.includes(key)) return []
    if (!hadSeal) {
      if (!hasSeal) return []
      // Another change of the plan altered it: it is set again, or the run says why not.
      if (was && isUnderWay) return []
      return [`${key} ${was ? 'is to be changed as well' : 'is new'}${state(is)}`]
    }
    if (!is) return [`${key} is not declared any more`]
    if (!hasSeal) return isUnderWay || hadSeal.probed === undefined ? [] : [`${key} is as declared already`]
    if (hasSeal.wanted !== hadSeal.wanted) return [`what is wanted of ${key} is another${difference(was, is)}`]
    if (hadSeal.probed === undefined || perishable.has(is.kind)) return []
    if (hasSeal.probed === undefined) return [`the state of ${key} is not known any more`]
    return hasSeal.probed === hadSeal.probed ? [] : [`${key} has changed on the host${difference(was, is)}`]
  }
  const shownHandlers = new Set(shown.handlers.map(({ id }) => id))
  return [
    ...[...new Set([...before.keys(), ...after.keys()])].flatMap(moved),
    ...anew.plan.handlers
      .filter(({ id, pending }) => pending && !isUnderWay && !shownHandlers.has(id))
      .map(({ id }) => `handler '${id}' is pending now`),
  ]
}

/** Told of one resource; longer values say nothing in a line. */
const TOLD = 3
const LONGEST = 80

/** ` (mode: 0640, to be 0644)` */
function state(item: PlannedItem | undefined): string {
  const fields = (item?.fields ?? []).map(
    ({ field, from, to }) => `${field}: ${from ?? '(none)'}, to be ${to ?? '(none)'}`,
  )
  return inBrackets([...fields, ...(item?.diffs.length ? ['its content'] : [])])
}

/** ` (mode was 0644 and is 0600 now; a line that was not there: "x")` */
function difference(was: PlannedItem | undefined, is: PlannedItem): string {
  const names = [...new Set([...(was?.fields ?? []), ...is.fields].map(({ field }) => field))]
  const fields = names.flatMap((name) => {
    const [one, other] = [fieldOf(was, name), fieldOf(is, name)]
    if (one?.from !== other?.from) return [`${name} was ${probedValue(one)} and is ${probedValue(other)} now`]
    return one?.to === other?.to ? [] : [`${name} was to be ${one?.to ?? '(none)'}, and now ${other?.to ?? '(none)'}`]
  })
  return inBrackets([...fields, ...lineDifference(was, is)])
}

const fieldOf = (item: PlannedItem | undefined, name: string) => item?.fields.find(({ field }) => field === name)

/** Of a field that needs no change, a plan has nothing. */
const probedValue = (field: { readonly from?: string | undefined } | undefined): string =>
  field === undefined ? 'as wanted' : (field.from ?? '(none)')

/** The first line that only one of the two states has. */
function lineDifference(was: PlannedItem | undefined, is: PlannedItem): string[] {
  const [one, other] = [oldLines(was), oldLines(is)]
  const added = other.find((line) => !one.includes(line))
  const gone = one.find((line) => !other.includes(line))
  return [
    ...(added === undefined ? [] : [`a line that was not there: "${added.trim()}"`]),
    ...(gone === undefined ? [] : [`a line that is gone: "${gone.trim()}"`]),
  ]
}

/** What a change would take away, which is what is there. */
const oldLines = (item: PlannedItem | undefined): string[] =>
  (item?.diffs ?? []).flatMap(({ hunks }) =>
    hunks.flatMap(({ lines }) => lines.filter((line) => line.startsWith('-')).map((line) => line.slice(1))),
  )

function inBrackets(all: readonly string[]): string {
  const shown = all.filter((text) => text.length <= LONGEST).slice(0, TOLD)
  return shown.length === 0 ? '' : ` (${shown.join('; ')})`
}
