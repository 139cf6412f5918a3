import type { PlannedRollout, PlannedStep } from '../../plan/host-plan.ts'
import { isTurn } from '../../rollout/phase.ts'
import type { Batch, TierPlan } from '../../rollout/tier-plan.ts'
import { type Line, line, span } from './line.ts'
import { listing } from './words.ts'

/** What is done around the changes of a host: `> drain: out of backend web (on lb1, lb2)`. */
export function beforeLines(rollout: PlannedRollout | undefined): Line[] {
  if (rollout === undefined) return []
  const { leftDrained, disruptive, exposed = [], first = [] } = rollout
  const taking = rollout.steps.filter(takesOut)
  return [
    ...first.map(({ host, what }) => line(span('run', `> ${host} first: ${what}`))),
    ...(exposed.length > 0 ? [line(span('warn', `> not drained: ${exposedText(exposed)}`))] : []),
    ...(leftDrained ? [line(span('warn', '> was left drained by an earlier run'))] : []),
    ...taking.map((step, i) => stepLine(step, i === 0 ? `because of ${listing(disruptive, 3)}` : undefined)),
  ]
}

/** `nothing takes it out of service first, and requests are lost during package:nginx` */
export const exposedText = (keys: readonly string[]): string =>
  `nothing takes it out of service first, so requests to it fail during ${listing(keys, 3)}`

/** What follows its changes. */
export function afterLines(rollout: PlannedRollout | undefined): Line[] {
  if (rollout === undefined) return []
  return rollout.steps.filter((step) => !takesOut(step)).map((step) => stepLine(step))
}

const takesOut = ({ phase }: PlannedStep): boolean => isTurn('takeOut', phase)

const stepLine = ({ phase, name, on }: PlannedStep, why?: string): Line => {
  const notes = [...(on === undefined ? [] : [`on ${listing(on)}`]), ...(why === undefined ? [] : [why])]
  return line(span('run', `> ${phase}: ${name}`), ...(notes.length > 0 ? [span('dim', `  (${notes.join('; ')})`)] : []))
}

/** `1 at a time: web1, web2, web3; max_failures 0` where the order says something; else nothing. */
export function orderText(plan: TierPlan | undefined): string | undefined {
  if (plan === undefined) return undefined
  const { batches, failuresAllowed, size } = plan
  const [only] = batches
  const together = batches.length === 1 && only?.slots === only?.hosts.length && only?.switchover === undefined
  return together && failuresAllowed >= size
    ? undefined
    : [batches.flatMap(batchTexts).join(', '), plan.rule].join('; ')
}

/** The order in which hosts of a tier are taken out: `web1, then web2, web3 (1 at a time)`; empty: none is. */
export function drainText({ batches }: TierPlan, drained: ReadonlySet<string>): string {
  const some = batches.map((batch) => ({ ...batch, hosts: batch.hosts.filter((host) => drained.has(host)) }))
  return some
    .filter(({ hosts, switchover }) => hosts.length > 0 || switchover !== undefined)
    .flatMap(batchTexts)
    .join(', ')
}

const batchTexts = ({ hosts, slots, pause, confirm, switchover }: Batch, i: number): string[] => {
  const waits = [...(confirm ? ['when confirmed'] : []), ...(pause > 0 ? [`after ${pause} s`] : [])]
  const then = i === 0 ? '' : `then ${waits.length > 0 ? `${waits.join(' and ')} ` : ''}`
  const width = slots < hosts.length ? ` (${slots} at a time)` : hosts.length > 1 ? ' (at once)' : ''
  const names = `${listing(hosts)}${width}`
  if (switchover === undefined) return [then + names]
  const { from, to } = switchover
  return [
    `${then}${from === undefined ? `the rest of the switchover to ${to}` : `the switchover from ${from} to ${to}`}`,
    `then ${names}`,
  ]
}
