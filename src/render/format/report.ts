import type { Event, HostResult } from '../../execute/events.ts'
import { type HostPlan, isTelling } from '../../plan/host-plan.ts'
import type { TierPlan } from '../../rollout/tier-plan.ts'
import { failureSteps } from './failures.ts'
import { costText, unchangedLines } from './host.ts'
import { BLANK, indent, type Line, line, span } from './line.ts'
import { overviewSteps } from './overview.ts'
import { type PlanOptions, partMaker } from './plan.ts'
import { orderText } from './rollout.ts'
import { sectionLines } from './sections.ts'
import { type Part, sectionSteps } from './shared.ts'
import { atOnce, type Steps } from './steps.ts'
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
  /** Failures are told elsewhere. */
  readonly failuresApart?: boolean
}

/** `lab: 5 hosts, dry run` */
export function titleLine({ inventory, hosts, check }: RunStarted): Line {
  return line(span('bold', inventory), `: ${counted(hosts.length, 'host')}${check ? ', dry run' : ''}`)
}

/** `web1, web2: ssh program, for ProxyCommand (~/.ssh/config:12)`, for who asks for more. */
export function programLines({ programs = [] }: Pick<RunStarted, 'programs'>, verbosity: number): Line[] {
  if (verbosity === 0) return []
  return programs.map(({ hosts, because }) =>
    line(span('dim', `${listing(hosts)}: by the ssh program, for ${because}`)),
  )
}

/**
 * What was found: what it amounts to, what hosts of several tiers share, then tier by tier what some of its hosts share, what
 * is each host's own, and the unchanged and failed ones.
 */
export function reportLines(report: Report, options: PlanOptions): Line[] {
  return linesOf(reportBlocks(report, options))
}

/** Blocks one after the other; a tier of one line stands close to its neighbours. */
export function linesOf({ overview, across, tiers }: ReportBlocks): Line[] {
  const isClose = (i: number) => tiers[i + 1] !== undefined && (tiers[i]?.length === 1 || tiers[i + 1]?.length === 1)
  return [
    ...(overview.length > 0 ? [...overview, BLANK] : []),
    ...across.flatMap((block) => [...block, BLANK]),
    ...tiers.flatMap((block, i) => (isClose(i) ? block : [...block, BLANK])),
  ]
}

export interface ReportBlocks {
  readonly overview: readonly Line[]
  readonly across: readonly Line[][]
  readonly tiers: readonly Line[][]
}

/** The same in its parts; the first line of each but the overview is its headline. */
export const reportBlocks = (report: Report, options: PlanOptions): ReportBlocks => atOnce(reportSteps(report, options))

/** The same in steps, for thousands of hosts. */
export function* reportSteps(report: Report, options: PlanOptions): Steps<ReportBlocks> {
  const tierOf = new Map(report.hosts.map(({ name, tier }) => [name, tier]))
  const planned = report.hosts.flatMap(({ name }) => plannedOf(name, report, options) ?? [])
  const sections = yield* sectionSteps(made(planned, options))
  const nameOf = namesOf(planned)
  const across: Line[][] = []
  const inTier = new Map<string | undefined, Shown[]>()
  for (const section of sections) {
    const [tier, ...others] = new Set(section.hosts.map((host) => tierOf.get(host)))
    const isAcross = others.length > 0
    const name = isAcross ? nameOf(section.hosts) : listing(section.hosts, NAMED)
    const lines = sectionLines(section, name, options)
    if (isAcross) across.push(lines)
    else inTier.set(tier, added(inTier.get(tier), { hosts: section.hosts, lines }))
    yield
  }
  const tiers: Line[][] = []
  for (const tier of new Set(report.hosts.map(({ tier }) => tier))) {
    const chunk = yield* tierChunk(tier, inTier.get(tier) ?? [], report, options)
    if (chunk.length > 0) tiers.push(chunk)
  }
  const overview = yield* overviewSteps(planned, { hosts: report.hosts.length, tiers: report.tiers })
  return { overview, across, tiers }
}

/** A section as it is shown. */
interface Shown {
  readonly hosts: readonly string[]
  readonly lines: Line[]
}

function* made(planned: readonly HostPlan[], options: PlanOptions): Iterable<readonly [string, readonly Part[]]> {
  const parts = partMaker(options)
  for (const plan of planned) yield [plan.host, parts(plan)]
}

const added = (to: Shown[] = [], section: Shown): Shown[] => {
  to.push(section)
  return to
}

/** A tier that has nothing of its own is one line. */
function* tierChunk(tier: string, own: readonly Shown[], report: Report, options: PlanOptions): Steps<Line[]> {
  const order = orderText(report.tiers.find((plan) => plan.tier === tier))
  const head = line(span('bold', tier), ...(order === undefined ? [] : [span('dim', `  ${order}`)]))
  const { blocks, above } = yield* tierBlocks(tier, own, report, options)
  if (blocks.length === 0) return above === undefined ? [] : [line(...head, '  ', ...above)]
  const all = above === undefined ? blocks : [...blocks, [above]]
  const lines = [head]
  for (const [i, block] of all.entries()) {
    if (i > 0) lines.push(BLANK)
    for (const one of indent(block)) lines.push(one)
    yield
  }
  return lines
}

/** Hosts that a headline names one by one. */
const NAMED = 20

/** Of hosts of several tiers: `all 12 hosts`, `app, web (6 hosts)` where it is all of these tiers, or their names. */
function namesOf(planned: readonly HostPlan[]): (hosts: readonly string[]) => string {
  const tierOf = new Map(planned.map(({ host, tier }) => [host, tier]))
  const sizes = new Map<string, number>()
  for (const { tier } of planned) sizes.set(tier, (sizes.get(tier) ?? 0) + 1)
  return (hosts) => {
    if (hosts.length === planned.length) return `all ${hosts.length} hosts`
    const own = new Set(hosts.map((host) => tierOf.get(host)))
    const tiers = [...sizes.keys()].filter((tier) => own.has(tier))
    const inThem = tiers.reduce((sum, tier) => sum + (sizes.get(tier) ?? 0), 0)
    return inThem === hosts.length ? `${listing(tiers)} (${counted(hosts.length, 'host')})` : listing(hosts, NAMED)
  }
}

/** What is shown of a host's plan; undefined: nothing. */
function plannedOf(name: string, { plans, results }: Report, { verbosity }: PlanOptions): HostPlan | undefined {
  const plan = results.get(name)?.failure === undefined ? plans.get(name) : undefined
  return plan && (isTelling(plan) || verbosity >= 2) ? plan : undefined
}

function* tierBlocks(
  tier: string,
  own: readonly Shown[],
  report: Report,
  options: PlanOptions,
): Steps<{ readonly blocks: Line[][]; readonly above: Line | undefined }> {
  const { plans, results, failuresApart = false } = report
  const names = report.hosts.filter((host) => host.tier === tier).map(({ name }) => name)
  const ended = names.flatMap((name) => results.get(name) ?? [])
  const failures = ended.flatMap(({ host, failure }) => (failure === undefined ? [] : [{ host, failure }]))
  const failed = failuresApart ? [] : yield* failureSteps(failures)
  const shown = new Set(names.filter((name) => plannedOf(name, report, options) !== undefined))
  const unchanged = unchangedLines(
    ended.filter(({ host, outcome }) => outcome === 'ok' && !shown.has(host)),
    options.verbosity,
  )
  const inTier = new Set(own.flatMap(({ hosts }) => hosts))
  const above = [...shown].filter((name) => !inTier.has(name) && plans.has(name))
  const costs = options.verbosity >= 1 ? [...shown].flatMap((host) => costLine(host, results.get(host))) : []
  return {
    blocks: [...own.map(({ lines }) => lines), ...[costs, unchanged].filter((block) => block.length > 0), ...failed],
    above: above.length > 0 ? aboveLine(above, names) : undefined,
  }
}

/** Of hosts of a tier that have nothing else; where it is all of them, its own line names them. */
const aboveLine = (above: readonly string[], names: readonly string[]): Line =>
  above.length === names.length
    ? line(span('dim', 'nothing but what is above'))
    : line(span('bold', listing(above)), ': nothing but what is above')

const costLine = (host: string, result: HostResult | undefined): Line[] =>
  result === undefined ? [] : [line(span('dim', `${host}: ${costText(result)}`))]
