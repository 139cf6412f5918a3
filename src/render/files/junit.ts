import type { HostResult } from '../../execute/events.ts'
import { exactPlace } from '../../problems/place.ts'
import { failureLines } from '../format/failure.ts'
import { doneText } from '../format/host.ts'
import { paint } from '../format/line.ts'
import { itemLines } from '../format/plan.ts'
import type { CollectedRun } from './collect.ts'
import { element, xmlText } from './xml.ts'

/** A case of a suite: a host of its tier, or what is wrong with the input. */
interface Case {
  readonly name: string
  readonly suite: string
  readonly ms: number
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** What is inside of it, in XML. */
  readonly inside: string
}

/** A run in the format of JUnit that build servers read: a suite for each tier, a case for each host. */
export function junitText(run: CollectedRun): string {
  const { started, results, problems } = run
  const inventory = started?.inventory ?? 'provision'
  const cases = [
    ...(started?.hosts ?? []).map(({ name, tier }) => caseOf(name, tier, results.get(name), run)),
    ...problems.map(({ message, origin, hint }, i): Case => {
      const text = [...(origin === undefined ? [] : [exactPlace(origin)]), message, ...(hint ? [`→ ${hint}`] : [])]
      return {
        name: `problem ${i + 1}`,
        suite: 'input',
        ms: 0,
        outcome: 'failed',
        inside: element('failure', { message, type: 'input' }, xmlText(text.join('\n'))),
      }
    }),
  ]
  const suites = [...new Set(cases.map(({ suite }) => suite))].map((suite) => {
    const own = cases.filter((one) => one.suite === suite)
    const inside = own.map(({ name, ms, inside }) => {
      const attributes = { name, classname: `${inventory}.${suite}`, time: seconds(ms) }
      return `    ${inside === '' ? element('testcase', attributes) : element('testcase', attributes, inside)}\n`
    })
    return `  ${element('testsuite', { name: suite, ...countsOf(own), skipped: countOf(own, 'skipped') }, `\n${inside.join('')}  `)}\n`
  })
  const name = started?.check ? `${inventory}, dry run` : inventory
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name, ...countsOf(cases) }, `\n${suites.join('')}`)}\n`
}

const countOf = (cases: readonly Case[], outcome: Case['outcome']): number =>
  cases.filter((one) => one.outcome === outcome).length

const countsOf = (cases: readonly Case[]) => ({
  tests: cases.length,
  failures: countOf(cases, 'failed'),
  errors: 0,
  time: seconds(cases.reduce((sum, { ms }) => sum + ms, 0)),
})

const seconds = (ms: number): string => (ms / 1000).toFixed(3)

function caseOf(name: string, suite: string, result: HostResult | undefined, run: CollectedRun): Case {
  if (result === undefined || result.outcome === 'skipped') {
    const message = result?.failure?.message ?? 'its turn did not come'
    return { name, suite, ms: result?.ms ?? 0, outcome: 'skipped', inside: element('skipped', { message }) }
  }
  const output = saidOf(result, run)
  const out = output === '' ? '' : element('system-out', {}, xmlText(output))
  const { failure, ms } = result
  if (result.outcome !== 'failed') return { name, suite, ms, outcome: 'passed', inside: out }
  const message = failure?.message ?? 'failed'
  const text =
    failure === undefined
      ? message
      : failureLines(name, failure)
          .map((one) => paint(one, false))
          .join('\n')
  const type = failure?.code ?? 'failed'
  return { name, suite, ms, outcome: 'failed', inside: element('failure', { message, type }, xmlText(text)) + out }
}

/** What was changed on a host, or would be. */
function saidOf(result: HostResult, { plans }: CollectedRun): string {
  if (result.outcome !== 'planned')
    return result.changed.length === 0 ? '' : [doneText(result), ...result.changed].join('\n')
  const plan = plans.get(result.host)
  const items = (plan?.items ?? []).filter(({ action }) => action !== 'none')
  const lines = items.flatMap((item) => itemLines(item, { diff: false, verbosity: 0 }))
  return [...lines.map((one) => paint(one, false)), ...(plan?.handlers ?? []).map(({ id }) => `! ${id}`)].join('\n')
}
