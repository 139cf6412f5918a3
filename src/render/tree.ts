import type { Event, HostResult } from '../execute/events.ts'
import type { TierPlan } from '../rollout/tier-plan.ts'
import { guardCursor } from './cursor.ts'
import { problemLines, warningLines } from './format/failure.ts'
import { apart, type Failed, failureSteps } from './format/failures.ts'
import { unchangedLines } from './format/host.ts'
import { BLANK, type Line } from './format/line.ts'
import { linesOf, programLines, reportSteps, titleLine } from './format/report.ts'
import { scriptLines } from './format/script.ts'
import { breathing } from './format/steps.ts'
import { summaryLines } from './format/summary.ts'
import type { LiveList } from './live-view.ts'
import { writeLines } from './paper.ts'
import { type ReadingView, readingView } from './reading-view.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { shownPlans } from './shown-plans.ts'
import { flushed } from './stream.ts'
import { type TierView, tierView } from './tier-view.ts'

/** What stands in the place of a tier's name while new hosts of all tiers are at work. */
const HEAD_START = 'new hosts'

/**
 * A live tree for terminals: first how far the reading of hosts is, then tier by tier its hosts at work; below it, at
 * the end, what is worth more than a line. Parts are shown one after the other, each when the one before has left the
 * screen, while events go on to change the state of those still to come.
 * @param options `out` must be a terminal
 */
export function treeRenderer(options: RenderOptions & { readonly out: NodeJS.WriteStream }): Renderer {
  const { all: plans, heard } = shownPlans(options.verbosity)
  const results = new Map<string, HostResult>()
  let tiers: readonly TierPlan[] = []
  let run: Extract<Event, { type: 'run-started' }> | undefined
  let reading: ReadingView | undefined
  let tier: TierView | undefined
  let holders = 0
  let shown: Promise<void> = Promise.resolve()

  const print = (lines: readonly Line[], stream: NodeJS.WritableStream = options.out) => {
    shown = shown.then(() => writeLines(lines, stream, options.color))
  }
  /** What was found, as it is now. */
  const printReport = (known: ReadonlyMap<string, HostResult>, diff = options.diff) => {
    if (run === undefined) return
    const report = { hosts: run.hosts, plans: new Map(plans), results: new Map(known), tiers }
    shown = shown.then(async () => {
      const blocks = await breathing(reportSteps(report, { ...options, diff }))
      await writeLines(linesOf(blocks), options.out, options.color)
    })
  }
  const printFailures = (failures: readonly Failed[]) => {
    shown = shown.then(async () => {
      const blocks = await breathing(failureSteps(failures))
      await writeLines(apart(blocks), options.out, options.color)
    })
  }
  const live = (list: LiveList) => {
    shown = shown.then(async () => {
      const { showLive } = await import('./live.ts')
      const release = guardCursor(options.out)
      await showLive(list, { ...options, isHeld: () => holders > 0 }).finally(release)
    })
  }

  const endPart = () => {
    reading?.end()
    tier?.end()
    reading = undefined
    tier = undefined
  }

  const runStarted = (event: Extract<Event, { type: 'run-started' }>) => {
    run = event
    print([titleLine(event), ...programLines(event, options.verbosity), BLANK])
    reading = readingView(event.hosts.map(({ name }) => name))
    live(reading.list)
  }

  const tierStarted = (event: Extract<Event, { type: 'tier-started' }>) => {
    if (reading && options.diff) printReport(new Map())
    endPart()
    tier = tierView(event, { verbosity: options.verbosity, now: Date.now })
    live(tier.list)
  }

  const planShown = ({ failures }: Extract<Event, { type: 'plan-shown' }>) => {
    endPart()
    printReport(new Map(), options.planDiff ?? options.diff)
    printFailures(failures)
  }

  const finished = (event: Extract<Event, { type: 'run-finished' }>) => {
    const hadTiers = tier !== undefined
    endPart()
    for (const result of event.results) results.set(result.host, result)
    const check = run?.check === true
    if (check) printReport(results)
    else {
      const failures = event.results.flatMap(({ host, failure, outcome }) =>
        outcome === 'failed' && failure ? [{ host, failure }] : [],
      )
      const unchanged = unchangedLines(
        event.results.filter(({ outcome }) => outcome === 'ok'),
        options.verbosity,
      )
      if (hadTiers) print([BLANK])
      printFailures(failures)
      print([...unchanged, ...(unchanged.length > 0 ? [BLANK] : [])])
    }
    print(summaryLines(event, check))
  }

  const event = (event: Event): void => {
    switch (event.type) {
      case 'run-started':
        runStarted(event)
        break
      case 'host-planned':
        heard(event.plan)
        reading?.planned(event.host)
        break
      case 'rollout-planned':
        tiers = event.tiers
        break
      case 'plan-shown':
        planShown(event)
        break
      case 'tier-note':
        tier?.note(event.message)
        break
      case 'tier-started':
        tierStarted(event)
        break
      case 'head-start':
        tierStarted({ type: 'tier-started', tier: HEAD_START, hosts: event.hosts })
        break
      case 'host-started':
        tier?.begun(event.host)
        break
      case 'host-begun':
        tier?.ahead(event)
        break
      case 'step-started':
        tier?.step(event, plans.get(event.host))
        break
      case 'step-finished':
        tier?.stepDone(event.host)
        break
      case 'output':
        tier?.say(event.host, event.line)
        break
      case 'host-note':
        tier?.say(event.host, event.message)
        break
      case 'host-finished':
        results.set(event.host, event.result)
        reading?.ended(event.result)
        tier?.hostDone(event.result)
        break
      case 'script':
        print(scriptLines(event.host, event.purpose, event.script))
        break
      case 'warning':
        // It stands beside what is live until it can be printed below that.
        reading?.note(event.message)
        tier?.note(event.message)
        print(warningLines(event.message, event.hint), options.err)
        break
      case 'input-errors':
        print(problemLines(event.problems), options.err)
        break
      case 'run-finished':
        finished(event)
        break
      case 'host-probing':
      case 'tier-throughput':
        break
    }
  }
  return {
    event,
    hold() {
      holders += 1
      return () => {
        holders -= 1
      }
    },
    async shown() {
      await shown
      await flushed([options.out, options.err])
    },
    async finish() {
      endPart()
      await shown
      await flushed([options.out, options.err])
    },
  }
}
