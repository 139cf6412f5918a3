import { hash } from 'node:crypto'
import type { StepAction } from '../../host/events.ts'
import { type HostPlan, hasWork, type PlannedHandler, type PlannedItem } from '../../plan/host-plan.ts'
import type { FieldChange } from '../../resources/resource.ts'
import { isPhase, type Phase } from '../../rollout/phase.ts'
import { diffBlock, diffSize } from './diff.ts'
import { indent, type Line, line, type Span, span, type Tone } from './line.ts'
import { afterLines, beforeLines } from './rollout.ts'
import type { Part } from './shared.ts'
import { counted, listing } from './words.ts'

export interface PlanOptions {
  /** Show the diffs; else only their size. */
  readonly diff: boolean
  /** Long new texts are shown whole. */
  readonly full?: boolean
  /** From 2 on, unchanged resources are shown too. */
  readonly verbosity: number
  /** A resource is one line, however long; its diffs, where they are wanted, are below it. */
  readonly compact?: boolean
}

type ShownAction = PlannedItem['action'] | StepAction

const SIGNS: Readonly<Record<Exclude<ShownAction, Phase>, readonly [sign: string, tone: Tone]>> = {
  create: ['+', 'add'],
  update: ['~', 'change'],
  delete: ['-', 'remove'],
  run: ['!', 'run'],
  handler: ['!', 'run'],
  unknown: ['?', 'run'],
  none: ['=', 'dim'],
}

/** Fields stand beside the resource while they are few and short, else below it. */
const INLINE_FIELDS = 3
const INLINE_WIDTH = 90
/** From so many on, fields that say the same are told together. */
const ALIKE = 3

/** `+ package:nginx`, in the colour of what is done to it. */
export function marked(action: ShownAction, key: string): Span[] {
  const [sign, tone]: readonly [string, Tone] = isPhase(action) ? ['>', 'run'] : SIGNS[action]
  return [span(tone, `${sign} ${key}`)]
}

/** Makes the parts of plans. What is the same on several hosts is made once, and is one object. */
export function partMaker(options: PlanOptions): (plan: HostPlan) => Part[] {
  // By digest: the texts of all hosts would be too much to keep.
  const made = new Map<string, Part>()
  const once = (of: unknown, make: () => Part): Part => {
    const digest = hash('sha256', JSON.stringify(of))
    const part = made.get(digest) ?? make()
    made.set(digest, part)
    return part
  }
  return (plan) => partsOf(plan, options, once)
}

/** Everything a plan would do, in the order of application. */
function partsOf(plan: HostPlan, options: PlanOptions, once: (of: unknown, make: () => Part) => Part): Part[] {
  const isShown = ({ action, notes = [] }: PlannedItem) =>
    action !== 'none' || notes.length > 0 || options.verbosity >= 2
  // It stands with the changes that it is for: of hosts with others it is not the same.
  const changed = plan.items.filter(({ action }) => action !== 'none').map(({ key }) => key)
  const what = JSON.stringify([changed, plan.handlers.map(({ id }) => id)])
  const around = (key: string, lines: readonly Line[], counts?: 'put back'): Part[] =>
    lines.length === 0
      ? []
      : [once([key, what, counts, lines], () => ({ key: `${key} ${what}`, counts, isNew: false, lines }))]
  return [
    ...around('>before', beforeLines(plan.rollout), plan.rollout?.leftDrained ? 'put back' : undefined),
    ...plan.items.filter(isShown).map((item) =>
      once(item, () => {
        const counts = item.action === 'none' ? undefined : 'change'
        return { key: item.key, counts, isNew: item.action === 'create', lines: itemLines(item, options) }
      }),
    ),
    ...plan.handlers.map((handler) =>
      once(handler, () => ({
        key: `handler:${handler.id}`,
        counts: 'handler',
        isNew: false,
        lines: [handlerLine(handler)],
      })),
    ),
    ...around('>after', hasWork(plan) ? afterLines(plan.rollout) : []),
  ]
}

/** One resource: what is done, its fields, its diff. */
export function itemLines(item: PlannedItem, options: PlanOptions): Line[] {
  const size = options.diff ? undefined : diffSize(item.diffs)
  const fields = [...fieldTexts(item.fields), ...(size === undefined ? [] : [size])]
  const notes = (item.notes ?? []).map((note) => span('warn', `note: ${note}`))
  const inline = fields.length <= INLINE_FIELDS && !fields.some((field) => field.includes('\n'))
  const text = fields.join(', ')
  const beside = options.compact || (inline && text.length <= INLINE_WIDTH)
  const head = line(
    ...marked(item.action, item.key),
    ...(item.action === 'unknown' ? [span('dim', '  known after apply')] : []),
    ...(beside && text !== '' ? [span('dim', `  ${text}`)] : []),
    ...(options.compact ? notes.flatMap((note) => ['  ', note]) : []),
  )
  const below = beside ? [] : fields.flatMap((field) => field.split('\n').map((part) => line(span('dim', part))))
  const noted = options.compact ? [] : notes.map((note) => line(note))
  return [head, ...indent([...below, ...noted, ...(options.diff ? diffBlock(item.diffs, item.key) : [])], 4)]
}

/** `mode: 0644 (a.conf, b.conf, c.conf)`: what several files of one resource are given alike is told once. */
function fieldTexts(fields: readonly FieldChange[]): string[] {
  const alike = ({ field, from, to }: FieldChange) =>
    from === undefined && to !== undefined && field.includes(' ') ? `${field.replace(/^.* /, '')}: ${to}` : undefined
  const seen = new Set<string>()
  return fields.flatMap((one) => {
    const what = alike(one)
    const same = what === undefined ? [] : fields.filter((other) => alike(other) === what)
    if (what === undefined || same.length < ALIKE) return fieldText(one)
    if (seen.has(what)) return []
    seen.add(what)
    return [`${what} (${listing(same.map(({ field }) => field.replace(/ [^ ]*$/, '')))})`]
  })
}

const fieldText = ({ field, from, to }: FieldChange): string[] => {
  if (from === undefined) return [to === undefined ? field : `${field}: ${to}`]
  return [`${field}: ${from} → ${to ?? '(none)'}`]
}

/** `! reload nginx  (because file-set:nginx changed)` */
export function handlerLine(handler: PlannedHandler): Line {
  const because = handler.because.length === 0 ? [] : [`because ${listing(handler.because, 3)} changed`]
  const reasons = [...(handler.pending ? ['pending from an earlier run'] : []), ...because]
  return line(
    ...marked('handler', handler.id),
    ...(reasons.length === 0 ? [] : [span('dim', `  (${reasons.join('; ')})`)]),
  )
}

/** `4 changes, 1 handler` */
export function sizeText(changes: number, handlers: number): string {
  const parts = [
    ...(changes > 0 || handlers === 0 ? [counted(changes, 'change')] : []),
    ...(handlers > 0 ? [counted(handlers, 'handler')] : []),
  ]
  return parts.join(', ')
}
