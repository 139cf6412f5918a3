import type { Event, HostResult } from '../execute/events.ts'
import { type HostPlan, hasWork } from '../plan/host-plan.ts'
import { isPhase } from '../rollout/phase.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import { failureLines, problemLines, warningLines } from './format/failure.ts'
import { apart, type Failed, failureSteps } from './format/failures.ts'
import { costText, doneText, unchangedLines } from './format/host.ts'
import { BLANK, indent, type Line, line, paint, span } from './format/line.ts'
import { handlerLine, itemLines, marked } from './format/plan.ts'
import { linesOf, programLines, reportSteps, titleLine } from './format/report.ts'
import { orderText } from './format/rollout.ts'
import { scriptLines } from './format/script.ts'
import { breathing } from './format/steps.ts'
import { summaryLines } from './format/summary.ts'
import { counted, duration } from './format/words.ts'
import { writeLines } from './paper.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { shownPlans } from './shown-plans.ts'
import { flushed } from './stream.ts'
import { turnsOf } from './turns.ts'

/** Host names longer than this are not padded to: they would push everything to the right. */
const NAME_WIDTH = 24

type Step = Extract<Event, { type: 'step-started' }>

/**
 * Lines for logs and CI: nothing is ever rewritten. A change is a line, which names its host and the how-manieth it is, since hosts
 * run side by side. A dry run is printed whole at its end, where hosts with the same plan can be told together.
 */
export function plainRenderer(options: RenderOptions): Renderer {
  const { all: plans, heard } = shownPlans(options.verbosity)
  const results = new Map<string, HostResult>()
  let tiers: readonly TierPlan[] = []
  const steps = new Map<string, Step>()
  let hosts: Extract<Event, { type: 'run-started' }>['hosts'] = []
  let check = false
  let width = 0
  const turns = turnsOf(() => [...plans.values()].filter((plan) => hasWork(plan) && !results.has(plan.host)).length)

  /** A report that is made, and all that comes after it. */
  let waiting: Promise<void> | undefined
  const print = (lines: readonly Line[], stream = options.out) => {
    const write = () => void stream.write(lines.map((one) => `${paint(one, options.color)}\n`).join(''))
    if (waiting) waiting = waiting.then(write)
    else write()
  }
  /** What was found, as it is now; `apart`: also where it begins with what the plans amount to. */
  const printReport = (known: ReadonlyMap<string, HostResult>, apart: boolean, diff = options.diff) => {
    const report = { hosts, plans: new Map(plans), results: new Map(known), tiers }
    waiting = (waiting ?? Promise.resolve()).then(async () => {
      const blocks = await breathing(reportSteps(report, { ...options, diff }))
      const isApart = apart || blocks.overview.length === 0
      await writeLines([...(isApart ? [BLANK] : []), ...linesOf(blocks)], options.out, options.color)
    })
  }
  const printFailures = (failures: readonly Failed[]) => {
    waiting = (waiting ?? Promise.resolve()).then(async () => {
      const blocks = await breathing(failureSteps(failures))
      await writeLines(apart(blocks), options.out, options.color)
    })
  }
  const column = (host: string): Line => line(span('dim', turns.label(host)), span('bold', `${host.padEnd(width)}  `))
  const beside = (host: string, lines: readonly Line[]) => {
    const [first = BLANK, ...rest] = lines
    print([[...column(host), ...first], ...indent(rest, width + 2 + turns.label(host).length)])
  }

  const stepDone = (event: Extract<Event, { type: 'step-finished' }>) => {
    const step = steps.get(`${event.host} ${event.key}`)
    steps.delete(`${event.host} ${event.key}`)
    // A failed step is told by the failure of its host.
    if (step === undefined || !event.ok) return
    const [first = BLANK, ...rest] = stepLines(step, plans.get(event.host), options)
    const time = options.verbosity >= 1 ? [span('dim', `  ${duration(event.ms)}`)] : []
    beside(event.host, [[...first, ...time], ...rest])
  }

  const hostDone = (result: HostResult) => {
    results.set(result.host, result)
    if (check) return
    if (options.verbosity >= 2) for (const one of unchangedItems(plans.get(result.host))) beside(result.host, [one])
    if (result.outcome === 'failed' && result.failure) {
      const [first = BLANK, ...rest] = failureLines(result.host, result.failure)
      print([line(span('dim', turns.label(result.host).trimStart()), ...first), ...rest])
    }
    if (result.outcome !== 'changed') return
    const cost = options.verbosity >= 1 ? costText(result) : duration(result.ms)
    beside(result.host, [line(span('good', 'changed'), `  ${doneText(result)} in ${cost}`)])
  }

  const finished = (event: Extract<Event, { type: 'run-finished' }>) => {
    for (const result of event.results) results.set(result.host, result)
    // What the plans amount to goes with the title.
    if (check) printReport(results, false)
    if (!check) {
      const unchanged = event.results.filter(({ outcome }) => outcome === 'ok')
      print([...(unchanged.length > 0 ? [BLANK, ...unchangedLines(unchanged, options.verbosity)] : []), BLANK])
    }
    print(summaryLines(event, check))
  }

  const started = (event: Extract<Event, { type: 'run-started' }>) => {
    hosts = event.hosts
    check = event.check
    width = Math.min(NAME_WIDTH, Math.max(0, ...hosts.map(({ name }) => name.length)))
    print([titleLine(event), ...programLines(event, options.verbosity)])
  }

  const event = (event: Event): void => {
    switch (event.type) {
      case 'run-started':
        started(event)
        break
      case 'host-planned':
        heard(event.plan)
        break
      case 'rollout-planned':
        tiers = event.tiers
        break
      case 'plan-shown':
        printReport(new Map(), true, options.planDiff ?? options.diff)
        printFailures(event.failures)
        break
      case 'tier-note':
        print([line(span('warn', `${event.tier}: `), event.message)])
        break
      case 'tier-started':
        turns.count()
        print([BLANK, tierLine(event.tier, event.hosts.length, tiers)])
        break
      case 'head-start':
        turns.count()
        print([BLANK, line(span('bold', 'new hosts'), ` (${counted(event.hosts.length, 'host')})`)])
        break
      case 'host-begun':
        if (event.ok)
          beside(event.host, [line(`${counted(event.changes, 'change')} ahead of its tier in ${duration(event.ms)}`)])
        break
      case 'step-started':
        steps.set(`${event.host} ${event.key}`, event)
        break
      case 'step-finished':
        stepDone(event)
        break
      case 'output':
        if (options.verbosity >= 1) beside(event.host, [line(span('dim', '│ '), event.line)])
        break
      case 'host-note':
        beside(event.host, [line(event.message)])
        break
      case 'host-finished':
        hostDone(event.result)
        break
      case 'script':
        print(scriptLines(event.host, event.purpose, event.script))
        break
      case 'warning':
        print(warningLines(event.message, event.hint), options.err)
        break
      case 'input-errors':
        print(problemLines(event.problems), options.err)
        break
      case 'run-finished':
        finished(event)
        break
      case 'host-started':
        turns.begin(event.host)
        break
      case 'host-probing':
      case 'tier-throughput':
        break
    }
  }
  const written = async () => {
    await waiting
    await flushed([options.out, options.err])
  }
  return { event, shown: written, finish: written }
}

const tierLine = (tier: string, hosts: number, plans: readonly TierPlan[]): Line => {
  const order = orderText(plans.find((plan) => plan.tier === tier))
  return line(
    span('bold', tier),
    ` (${counted(hosts, 'host')})`,
    ...(order === undefined ? [] : [span('dim', `  ${order}`)]),
  )
}

/** A step that was done, with what the plan said of it. */
const stepLines = ({ key, action }: Step, plan: HostPlan | undefined, options: RenderOptions): Line[] => {
  if (action === 'handler') {
    const id = key.replace(/^handler:/, '')
    const handler = plan?.handlers.find((one) => one.id === id)
    return [handler ? handlerLine(handler) : line(...marked('handler', id))]
  }
  if (isPhase(action)) {
    return [line(...marked(action, key.replace(':', ': ')))]
  }
  const item = plan?.items.find((one) => one.key === key)
  return item ? itemLines({ ...item, action }, { ...options, compact: true }) : [line(...marked(action, key))]
}

const unchangedItems = (plan: HostPlan | undefined): Line[] =>
  (plan?.items ?? []).filter((item) => item.action === 'none').map((item) => line(...marked('none', item.key)))
