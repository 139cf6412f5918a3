import type { StepAction } from '../../host/events.ts'
import { type HostPlan, hasWork, type PlannedHandler, type PlannedItem } from '../../plan/host-plan.ts'
import type { FieldChange } from '../../resources/resource.ts'
import { isPhase, PHASES, type Phase } from '../../rollout/phase.ts'
import { diffBlock, diffSize } from './diff.ts'
import { indent, type Line, line, type Span, span, type Tone } from './line.ts'
import { afterLines, beforeLines } from './rollout.ts'
import { counted, listing } from './words.ts'

export interface PlanOptions {
  /** Show the diffs; else only their size. */
  readonly diff: boolean
  /** From 2 on, unchanged resources are shown too. */
  readonly verbosity: number
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

/** `+ package:nginx`, in the colour of what is done to it. */
export function marked(action: ShownAction, key: string): Span[] {
  const [sign, tone]: readonly [string, Tone] = isPhase(action) ? [PHASES[action].sign, 'run'] : SIGNS[action]
  return [span(tone, `${sign} ${key}`)]
}

/** Everything a plan would do, in the order of application; no headline. */
export function planLines(plan: HostPlan, options: PlanOptions): Line[] {
  const isShown = ({ action, notes = [] }: PlannedItem) =>
    action !== 'none' || notes.length > 0 || options.verbosity >= 2
  const shown = plan.items.filter(isShown)
  return [
    ...beforeLines(plan.rollout),
    ...shown.flatMap((item) => itemLines(item, options)),
    ...plan.handlers.map(handlerLine),
    ...(hasWork(plan) ? afterLines(plan.rollout) : []),
  ]
}

/** One resource: what is done, its fields, its diff. */
export function itemLines(item: PlannedItem, options: PlanOptions): Line[] {
  const size = options.diff ? undefined : diffSize(item.diffs)
  const fields = [...item.fields.flatMap(fieldText), ...(size === undefined ? [] : [size])]
  const inline = fields.length <= INLINE_FIELDS && !fields.some((field) => field.includes('\n'))
  const text = fields.join(', ')
  const beside = inline && text.length <= INLINE_WIDTH
  const head = line(
    ...marked(item.action, item.key),
    ...(item.action === 'unknown' ? [span('dim', '  known after apply')] : []),
    ...(beside && text !== '' ? [span('dim', `  ${text}`)] : []),
  )
  const below = beside ? [] : fields.flatMap((field) => field.split('\n').map((part) => line(span('dim', part))))
  const notes = (item.notes ?? []).map((note) => line(span('warn', `note: ${note}`)))
  return [head, ...indent([...below, ...notes, ...(options.diff ? diffBlock(item.diffs, item.key) : [])], 4)]
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
export function planSize(plan: HostPlan): string {
  const changes = plan.items.filter((item) => item.action !== 'none').length
  const size = sizeText(changes, plan.handlers.length)
  return plan.rollout?.leftDrained ? (changes + plan.handlers.length > 0 ? `${size}, put back` : 'put back') : size
}

export function sizeText(changes: number, handlers: number): string {
  const parts = [
    ...(changes > 0 || handlers === 0 ? [counted(changes, 'change')] : []),
    ...(handlers > 0 ? [counted(handlers, 'handler')] : []),
  ]
  return parts.join(', ')
}

export interface PlanGroup {
  readonly hosts: readonly string[]
  readonly plan: HostPlan
}

/** Hosts whose plans look the same, in the order of their first one. */
export function groupPlans(plans: readonly HostPlan[], options: PlanOptions): PlanGroup[] {
  const groups = new Map<string, { hosts: string[]; plan: HostPlan }>()
  for (const plan of plans) {
    // With the diffs even where only their size is shown: "the same changes" must be true.
    const look = JSON.stringify([planLines(plan, { ...options, diff: true }), plan.items.map((item) => item.diffs)])
    const group = groups.get(look)
    if (group) group.hosts.push(plan.host)
    else groups.set(look, { hosts: [plan.host], plan })
  }
  return [...groups.values()]
}
