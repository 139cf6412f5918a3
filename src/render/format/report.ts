import type { Event, HostResult } from '../../execute/events.ts'
import { type HostPlan, hasWork, isTelling } from '../../plan/host-plan.ts'
import type { TierPlan } from '../../rollout/tier-plan.ts'
import { failureLines } from './failure.ts'
import { costText, unchangedLines } from './host.ts'
import { BLANK, indent, type Line, line, span } from './line.ts'
import { groupPlans, type PlanGroup, type PlanOptions, planLines, planSize } from './plan.ts'
import { orderText } from './rollout.ts'
import { counted, listing } from './words.ts'

type RunStarted = Extract<Event, { type: 'run-started' }>

export interface Report {
  /** In the order of tiers and of hosts in them. */
  readonly hosts: RunStarted['hosts']
  readonly plans: ReadonlyMap<string, HostPlan>
  /** Empty while the hosts' ends are still ahead. */
  readonly results: ReadonlyMap<string, HostResult>
  /** How the tiers with work will be changed. */
  readonly tiers: readonly TierPlan[]
}

/** `lab: 5 hosts, dry run` */
export function titleLine({ inventory, hosts, check }: RunStarted): Line {
  return line(span('bold', inventory), `: ${counted(hosts.length, 'host')}${check ? ', dry run' : ''}`)
}

/** `web1, web2: ssh program, for ProxyCommand (~/.ssh/config:12)`, for who asks for more. */
export function programLines({ programs = [] }: RunStarted, verbosity: number): Line[] {
  if (verbosity === 0) return []
  return programs.map(({ hosts, because }) =>
    line(span('dim', `${listing(hosts)}: by the ssh program, for ${because}`)),
  )
}

/** What was found: tier by tier, hosts with the same plan together, then the unchanged and the failed ones. */
export function reportLines(report: Report, options: PlanOptions): Line[] {
  const tiers = [...new Set(report.hosts.map(({ tier }) => tier))]
  return tiers.flatMap((tier) => {
    const names = report.hosts.filter((host) => host.tier === tier).map(({ name }) => name)
    const body = tierBlocks(names, report, options).flatMap((block, i) => (i === 0 ? block : [BLANK, ...block]))
    const order = orderText(report.tiers.find((plan) => plan.tier === tier))
    const head = line(span('bold', tier), ...(order === undefined ? [] : [span('dim', `  ${order}`)]))
    return body.length === 0 ? [] : [head, ...indent(body), BLANK]
  })
}

const tierBlocks = (names: readonly string[], { plans, results }: Report, options: PlanOptions): Line[][] => {
  const ended = names.flatMap((name) => results.get(name) ?? [])
  const ok = ended.filter(({ outcome }) => outcome === 'ok')
  const failed = ended.flatMap(({ host, failure }) => (failure === undefined ? [] : [failureLines(host, failure)]))
  const planned = names
    .filter((name) => results.get(name)?.failure === undefined)
    .flatMap((name) => plans.get(name) ?? [])
    .filter((plan) => isTelling(plan) || options.verbosity >= 2)
  const blocks = groupPlans(planned, options).map((group) => [
    ...groupLines(group, options),
    ...(options.verbosity >= 1 ? indent(costs(group.hosts, results)) : []),
  ])
  const told = new Set(planned.map(({ host }) => host))
  const unchanged = unchangedLines(
    ok.filter(({ host }) => !told.has(host)),
    options.verbosity,
  )
  return [...blocks, ...(unchanged.length > 0 ? [unchanged] : []), ...failed]
}

const groupLines = ({ hosts, plan }: PlanGroup, options: PlanOptions): Line[] => {
  const size = hasWork(plan) ? planSize(plan) : 'ok'
  const same = hosts.length > 1 && hasWork(plan) ? 'the same ' : ''
  return [line(span('bold', listing(hosts)), `: ${same}${size}`), ...indent(planLines(plan, options))]
}

const costs = (hosts: readonly string[], results: ReadonlyMap<string, HostResult>): Line[] =>
  hosts.flatMap((host) => {
    const result = results.get(host)
    return result === undefined ? [] : [line(span('dim', `${host}: ${costText(result)}`))]
  })
