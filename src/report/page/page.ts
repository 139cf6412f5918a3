import { createHash } from 'node:crypto'
import { type ComponentChild, h } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { RecordOverview } from '../../records/read.ts'
import { failureLines, problemLines, warningLines } from '../../render/format/failure.ts'
import { summaryLines } from '../../render/format/summary.ts'
import { counted, duration } from '../../render/format/words.ts'
import { words } from '../../shell/quote.ts'
import { costsOf } from '../costs.ts'
import type { Story } from '../story.ts'
import { changes, plannedTitle } from './changes.ts'
import { picture } from './picture.ts'
import { STYLE } from './style.ts'
import { prose, shown } from './text.ts'
import { throughput } from './throughput.ts'
import { table, timeline } from './timeline.ts'
import { doingWord, stepName } from './words.ts'

/** What a page is made of. */
export interface PageInput {
  readonly record: RecordOverview
  readonly story: Story
}

/** Steps that are named among what took the time. */
const COSTS = 15

/**
 * The page of a run: one file without scripts, which its policy forbids, so that nothing that a host said can become one.
 * What is opened and closed is the browser's own, and so is its keyboard.
 */
export function pageOf({ record, story }: PageInput): string {
  const { hosts } = record.outcome
  const title = `${shown(record.head.inventory)}: ${headline(record)}`
  const sections: readonly (readonly [id: string, name: string, body: ComponentChild])[] = [
    ['hosts', 'Hosts', hosts.length === 0 ? undefined : picture(hosts, story)],
    ['failures', 'Failures', failures(record, story)],
    ['notes', 'Notes', notes(story)],
    ['timeline', 'Timeline', story.hosts.length === 0 ? undefined : timeline(hosts, story)],
    ['requests', 'Requests', throughput(story)],
    ['costs', 'What took the time', costs(story)],
    ['changes', plannedTitle(story), story.plans.size === 0 ? undefined : changes(story)],
  ]
  const there = sections.filter(([, , body]) => body !== undefined)
  const document = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      {},
      h('meta', { charSet: 'utf-8' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', {}, title),
      // A text of this program, with nothing in it of a run.
      h('style', { dangerouslySetInnerHTML: { __html: STYLE } }),
    ),
    h(
      'body',
      {},
      h(
        'header',
        {},
        h('h1', {}, title),
        about(record),
        h(
          'nav',
          { 'aria-label': 'sections' },
          there.map(([id, name]) => [h('a', { href: `#${id}` }, name), ' ']),
        ),
      ),
      h(
        'main',
        {},
        there.map(([, , body]) => body),
      ),
    ),
  )
  return `<!doctype html>\n${renderToString(document)}\n`
}

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** `3 changed, 1 failed in 2 min 03 s`, or what else became of the run. */
function headline({ state, outcome, head, ms, end }: RecordOverview): string {
  const { summary } = outcome
  if (summary === undefined)
    return {
      running: `at work since ${duration(ms)}`,
      killed: `killed after ${duration(ms)}`,
      cut: 'its record could not be written to the end',
      ended: `ended with status ${end?.status ?? '?'} after ${duration(ms)}`,
    }[state]
  const { ok, changed, planned, failed, skipped } = summary
  const counts = [
    head.check ? `${planned} would change` : `${changed} changed`,
    ...(ok > 0 ? [`${ok} ok`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  return `${counts.join(', ')} in ${duration(summary.ms)}${head.check ? ' (dry run)' : ''}`
}

function about({ head, end }: RecordOverview): ComponentChild {
  const facts: readonly (readonly [string, ComponentChild])[] = [
    [
      'begun',
      h('time', { dateTime: shown(head.began) }, shown(head.began.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))),
    ],
    ['by', shown(`${head.by.user}@${head.by.machine}`)],
    ['command', h('code', {}, shown(`provision ${words(head.argv.map(shown))}`))],
    ['project', shown(head.project)],
    ['run', h('code', {}, shown(head.id))],
    ['provision', shown(head.provision)],
    ...(end?.digests === undefined
      ? []
      : ([
          ['code', h('code', {}, shown(end.digests.code.slice(0, 12)))],
          ['inventory', h('code', {}, shown(end.digests.inventory.slice(0, 12)))],
        ] as const)),
  ]
  return h(
    'dl',
    { class: 'about' },
    facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  )
}

/** Each with what to do and what the host said last. */
function failures({ outcome }: RecordOverview, { results, hosts, finished }: Story): ComponentChild {
  const failed = hosts.flatMap(({ host }) => {
    const { failure, outcome: ended } = results.get(host) ?? {}
    return failure !== undefined && ended === 'failed'
      ? [h('article', { class: 'failure' }, prose(failureLines(host, failure)))]
      : []
  })
  const problems = finished === undefined ? outcome.problems : []
  if (failed.length === 0 && problems.length === 0) return undefined
  const wrong = problemLines(problems.map((message) => ({ message })))
  return h(
    'section',
    { id: 'failures' },
    h('h2', {}, 'Failures'),
    problems.length === 0 ? undefined : prose(wrong),
    failed,
  )
}

/** What people have to know of how it ended, and what they were told on the way. */
function notes({ finished, started, warnings, notes: messages }: Story): ComponentChild {
  const all = [
    ...(finished === undefined ? [] : summaryLines(finished, started?.check ?? false)),
    ...warnings.flatMap(({ message, hint }) => warningLines(message, hint)),
    ...messages.map(({ message }) => [{ text: message }]),
  ]
  return all.length === 0 ? undefined : h('section', { id: 'notes' }, h('h2', {}, 'Notes'), prose(all))
}

function costs({ hosts }: Story): ComponentChild {
  const all = costsOf(hosts)
  if (all.length === 0) return undefined
  const rows = all
    .slice(0, COSTS)
    .map(({ doing, key, total, count, longest }) => [
      doingWord(doing),
      stepName({ doing, key }),
      duration(total),
      String(count),
      `${duration(longest.ms)} (${longest.host})`,
    ])
  const left = all.slice(COSTS)
  return h(
    'section',
    { id: 'costs' },
    h('h2', {}, 'What took the time'),
    h('p', {}, 'On all hosts together; hosts are at work at the same time.'),
    table(['what', '', 'together', 'times', 'longest'], rows),
    left.length === 0
      ? undefined
      : h(
          'p',
          {},
          `And ${counted(left.length, 'other')}, ${duration(left.reduce((sum, { total }) => sum + total, 0))}.`,
        ),
  )
}
