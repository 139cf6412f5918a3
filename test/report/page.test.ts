import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordNames } from '../../src/records/list.ts'
import { readOverview } from '../../src/records/read.ts'
import { pageOf } from '../../src/report/page/page.ts'
import { reportOf } from '../../src/report/report.ts'
import { RUNS } from '../fixtures/events.ts'
import { ROLLING_RUNS } from '../fixtures/rolling-events.ts'
import { projectFolder } from '../project-folder.ts'
import { aHead, written } from '../records/written.ts'
import { pageOfEvents, told } from './told.ts'

const ALL = Object.entries({ ...RUNS, ...ROLLING_RUNS })

/** A tag, with values of attributes in which there may be anything but their end. */
const TAG = /<(\/?[a-z!][\w-]*)((?:\s[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi
/** The elements of a page, each with the names of its attributes. */
const tagsOf = (page: string) =>
  [...page.matchAll(TAG)].map(([, tag, attributes = '']) =>
    [tag, ...[...attributes.matchAll(/\s([\w:-]+)(="[^"]*")?/g)].map(([, name]) => name)].join(' '),
  )
/** All that pages are made of. */
const KNOWN = new Set(
  ALL.filter(([name]) => name !== 'fleet').flatMap(([, events]) => tagsOf(pageOfEvents([...events()]))),
)
const textOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*<\/style>/, '')
    .replaceAll(TAG, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')

/** What a host could say to become a part of the page. */
const HOSTILE = `"'></title></style></pre><script>alert(1)</script><img src=x onerror=alert(1)><!--&#60;script&#62;\u202e\u0000`
/** Words by which a run is understood. */
const WORDS = new Set(['type', 'action', 'outcome', 'kind'])

/** Every text of an event with something hostile at its end; hosts keep being each other's. */
const poisoned = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value), (key, one) =>
    typeof one === 'string' && !WORDS.has(key) ? `${one}${HOSTILE}` : one,
  )

describe.each(ALL)('%s', (_, events) => {
  it('what hosts say is text, wherever it stands: no element comes of it, no attribute ends', () => {
    const plain = told([...events()])
    const hostile = told(poisoned([...events()]))
    const head = { ...hostile.record.head, ...poisoned({ ...plain.record.head, began: '' }), began: `2026${HOSTILE}` }
    const page = pageOf({ ...hostile, record: { ...hostile.record, head } })
    const tags = tagsOf(page)
    expect([...new Set(tags)].filter((tag) => !KNOWN.has(tag))).toEqual([])
    // There is no other beginning of an element than those.
    expect(tags).toHaveLength(page.split('<').length - 1)
    expect(page).not.toContain('\u202e')
    expect(page).not.toContain('\0')
    // It is shown, not swallowed.
    expect(textOf(page)).toContain('<script>alert(1)</script>')
  })
})

it('nothing is loaded, and no script may run', () => {
  const page = pageOfEvents([...ROLLING_RUNS.rolling()])
  expect(page).toMatch(
    /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[\w+/=]+'; /,
  )
  expect(page).not.toMatch(/\s(src|srcset|style|action)=|url\(|@import|<link/i)
  expect([...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to)).toEqual(
    ['hosts', 'failures', 'notes', 'timeline', 'requests', 'costs', 'changes'].map((id) => `#${id}`),
  )
})

it('a rolling change: how each host ended, why, and what was done to each', () => {
  const text = textOf(pageOfEvents([...ROLLING_RUNS.rolling()]))
  expect(text).toContain('prod: 2 changed, 1 failed, 1 skipped in 12.3 s')
  expect(text).toContain("command provision -i prod --limit 'web*'")
  expect(text).toContain('web1, then after 5 s web2, web3 (1 at a time); max_failures 0')
  expect(text).toMatch(/web2 ✗ failed 1 change web3 – skipped/)
  expect(text).toContain('web2 failed at gate: nginx.service is active: it is failed after 30 s')
  expect(text).toContain('it stays out of service; when the cause is gone')
  expect(text).toContain('out of service (drained): web2')
  expect(text).toMatch(/12\.6 s 1\.4 s drain out of backend web ok .* gate nginx.service is active failed/)
  expect(text).toMatch(/What took the time .*change package:nginx 2\.8 s 1 2\.8 s \(web2\)/)
  expect(text).toMatch(/web2, web3 1 change, 1 handler > drain: out of backend web/)
})

it('what went through the tier meanwhile: a curve, its figures, and who could not tell', () => {
  const page = pageOfEvents([...ROLLING_RUNS.rolling()])
  const text = textOf(page)
  expect(text).toContain(
    'requests: 12.5/s before, 10.5 to 12.5/s during the run ; errors: 0/s before, 0 to 2.5/s during the run .',
  )
  expect(text).toContain('web (app): not known: mon1: prometheus does not answer on port 9090')
  const [curve = ''] = /<path class="c-requests" d="(.*?)"/.exec(page)?.slice(1) ?? []
  expect(curve.split('L').map((point) => Number(point.replace(/^M| .*/g, '')))).toEqual(
    // Within the axis, in the order of time.
    curve
      .split('L')
      .map((point) => Number(point.replace(/^M| .*/g, '')))
      .filter((x) => x >= 0 && x <= 1000)
      .toSorted((a, b) => a - b),
  )
  const none = ROLLING_RUNS.rolling().map((event) =>
    event.type === 'tier-throughput' ? { ...event, errors: undefined } : event,
  )
  expect(textOf(pageOfEvents(none))).toContain('during the run ; errors are not counted .')
})

it('diffs are put together by resource, whole', () => {
  const page = pageOfEvents([...RUNS.check()])
  expect(textOf(page)).toMatch(
    /web1, web2 4 changes, 1 handler .*- worker_connections 512; \+ worker_connections 1024;/,
  )
  expect(page.split('worker_connections 512').length - 1).toBe(1)
  expect(textOf(page)).toContain('3 would change, 1 failed in 1.2 s (dry run)')
})

it('a killed run says so, and at what its hosts were', () => {
  const events = [...ROLLING_RUNS.rolling()]
  const cut = events.slice(0, events.findIndex((event) => event.type === 'step-started' && event.host === 'web2') + 1)
  const text = textOf(pageOfEvents(cut, { state: 'killed', ms: 41_200 }))
  expect(text).toContain('prod: killed after 41.2 s')
  expect(text).toMatch(/web2 \? unfinished at drain:out of backend web web3 ○ not begun/)
  expect(text).toMatch(/drain out of backend web not heard/)
})

it('wrong input is told, where there is nothing else', () => {
  const text = textOf(pageOfEvents([...RUNS.input()], { end: undefined, ms: 100 }))
  expect(text).toContain('unknown key "addres"')
})

it('is made of a record as it was written', async () => {
  const path = projectFolder({})
  await written(path, aHead(), RUNS.changes())
  const [name] = await recordNames(path)
  const record = await readOverview(join(path, name?.file ?? ''), false)
  if (!record) throw new Error('no record')
  expect(textOf(await reportOf(record))).toContain('web1 ● changed 5 changes')
})
