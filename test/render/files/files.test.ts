import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Event } from '../../../src/execute/events.ts'
import { type CollectedRun, createListener } from '../../../src/render/files/collect.ts'
import { junitText } from '../../../src/render/files/junit.ts'
import { COMMENT_LIMIT, markdownText } from '../../../src/render/files/markdown.ts'
import { element, xmlText } from '../../../src/render/files/xml.ts'
import { item, plan, RUNS } from '../../fixtures/events.ts'
import { ROLLING_RUNS } from '../../fixtures/rolling-events.ts'

const told = (events: Iterable<Event>): CollectedRun => {
  const listener = createListener(OPTIONS.verbosity)
  for (const event of events) listener.event(event)
  return listener.collected()
}
const OPTIONS = { diff: true, verbosity: 0 }

const dryRun = (...texts: string[]): CollectedRun => {
  const hosts = texts.map((_, i) => ({ name: `h${i}`, tier: 'web' }))
  const diffs = (text: string) => [
    { name: '/etc/f', hunks: [{ oldStart: 1, oldLines: 0, newStart: 1, newLines: 1, lines: [`+${text}`] }] },
  ]
  return told([
    { type: 'run-started', inventory: 'prod', check: true, hosts },
    ...texts.map(
      (text, i): Event => ({
        type: 'host-planned',
        host: `h${i}`,
        plan: plan(`h${i}`, [item(`file:/etc/f${i}`, 'update', { diffs: diffs(text) })]),
        ms: 1,
      }),
    ),
  ])
}

/** What of a text is read as Markdown or HTML: all but what stands in fences. A fence that stays open is an error. */
function outsideFences(markdown: string): string[] {
  const outside: string[] = []
  let fence: string | undefined
  for (const line of markdown.split('\n')) {
    const [, ticks, rest = ''] = /^ {0,3}(`{3,})(.*)$/.exec(line) ?? []
    if (fence === undefined) {
      if (ticks === undefined) outside.push(line)
      else fence = ticks
    } else if (ticks !== undefined && ticks.length >= fence.length && rest.trim() === '') fence = undefined
  }
  expect(fence).toBeUndefined()
  return outside
}

/** Lines that this program itself says. */
const OWN =
  /^(?:|<h3><code>[^<>]*<\/code><\/h3>|<details(?: open)?><summary><code>[^<>]*<\/code><\/summary>|<\/details>|<p><code>[^<>]*<\/code><\/p>|\*\*Cut to .* The log of the run has all of it\.)$/

describe('--markdown', () => {
  it('is grouped as on a terminal, each group to be opened', () => {
    const text = markdownText(dryRun('a = 1', 'b = 2'), OPTIONS)
    expect(text).toContain('<h3><code>prod: 2 hosts, dry run</code></h3>')
    expect(text).toContain('<details><summary><code>web</code></summary>\n\n```text\n')
    expect(text).toContain('+a = 1')
    expect(text).toContain('+b = 2')
  })

  it('tells failures openly, and input that is wrong', () => {
    expect(markdownText(told(RUNS.failure()), OPTIONS)).toMatch(/<details open><summary><code>\w+ failed at /)
    const input = markdownText(told(RUNS.input()), OPTIONS)
    expect(input).toContain('<details open><summary><code>Not begun</code></summary>')
    expect(input).toContain('no host was touched')
  })

  test('nothing that a host or a template says gets out of its fence or is markup', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '`',
        '```',
        '````',
        '\n',
        '</details>',
        '<script>',
        '@all',
        '#1',
        '![x](y)',
        '\r',
        '\u2028',
        ' ',
        'x',
      ),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(
        fc.array(nasty, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 900, max: 3000 }),
        (texts, limit) => {
          const text = markdownText(dryRun(...texts.map((parts) => parts.join(''))), { ...OPTIONS, limit })
          for (const line of outsideFences(text)) expect(line).toMatch(OWN)
          expect(text.length).toBeLessThanOrEqual(limit)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('fits a comment, and says what is not there', () => {
    const text = markdownText(dryRun(...Array.from({ length: 900 }, (_, i) => `${i} ${'x'.repeat(100)}`)), OPTIONS)
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT)
    expect(text.length).toBeGreaterThan(COMMENT_LIMIT * 0.95)
    expect(text).toMatch(/\*\*Cut to 65536 characters: \d+ lines of the plan are not here.*\*\* The log of the run/)
    expect(markdownText(dryRun('short'), OPTIONS)).not.toContain('Cut to')
  })
})

interface Read {
  readonly inside?: readonly string[]
  readonly required?: readonly string[]
  readonly known?: readonly string[]
}

/** Of the schema that build servers share (the one of Jenkins' xUnit plugin) what is used here, and no more. */
const READ: Readonly<Record<string, Read>> = {
  '': { inside: ['testsuites'] },
  testsuites: { inside: ['testsuite'], known: ['name', 'tests', 'failures', 'errors', 'time'] },
  testsuite: { inside: ['testcase'], required: ['tests'], known: ['name', 'failures', 'errors', 'skipped', 'time'] },
  testcase: { inside: ['skipped', 'failure', 'system-out'], required: ['name'], known: ['classname', 'time'] },
  failure: { known: ['type', 'message'] },
  skipped: { known: ['type', 'message'] },
  'system-out': {},
}

describe('--junit', () => {
  it('has a suite for each tier and a case for each host', () => {
    const text = junitText(told(RUNS.failure()))
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="/)
    expect(text).toMatch(/<testsuite name="web" tests="\d+" failures="[1-9]/)
    expect(text).toMatch(/<testcase name="\w+" classname="\w+\.web" time="[\d.]+"><failure message="/)
  })

  it('tells of a dry run what would change, and fails nothing for it', () => {
    const text = junitText(told(RUNS.check()))
    expect(text).toContain('failures="0"')
    expect(text).toMatch(/<system-out>[\s\S]*package:nginx/)
  })

  it('has a case for everything that is wrong with the input', () => {
    expect(junitText(told(RUNS.input()))).toMatch(/<testsuite name="input" tests="(\d+)" failures="\1"/)
  })

  test.each(Object.entries({ ...RUNS, ...ROLLING_RUNS }))('%s: has nothing that strict readers refuse', (_, events) => {
    const open: string[] = ['']
    for (const [, end, name = '', attributes = '', empty] of junitText(told(events())).matchAll(
      /<(\/?)([a-z][\w-]*)((?:\s[\w-]+="[^"]*")*)\s*(\/?)>/g,
    )) {
      if (end) expect(open.pop()).toBe(name)
      else {
        expect(READ[open.at(-1) ?? '']?.inside ?? [], `<${name}>`).toContain(name)
        const { required = [], known = [] } = READ[name] ?? {}
        const given = [...attributes.matchAll(/\s([\w-]+)=/g)].map(([, one]) => one ?? '')
        expect(given.filter((one) => !required.includes(one) && !known.includes(one))).toEqual([])
        expect(required.filter((one) => !given.includes(one))).toEqual([])
        if (!empty) open.push(name)
      }
    }
    expect(open).toEqual([''])
  })

  test('any text becomes XML that says the same', () => {
    const named: Record<string, string> = {
      amp: '&',
      lt: '<',
      gt: '>',
      quot: '"',
      '#39': "'",
      '#10': '\n',
      '#13': '\r',
      '#9': '\t',
    }
    const read = (xml: string) => xml.replaceAll(/&([^;]+);/g, (_, name: string) => named[name] ?? '?')
    // The library's own unit for this keeps a table of all characters, for two seconds' work.
    const unit = fc.oneof(
      fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code)),
      fc.constantFrom(...Object.values(named)),
    )
    fc.assert(
      fc.property(fc.string({ unit }), (any) => {
        const isWritable = (char: string) => /[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(char)
        const told = [...any].map((char) => (isWritable(char) ? char : '\ufffd')).join('')
        expect(xmlText(any)).not.toMatch(/[<>]/)
        expect(read(xmlText(any))).toBe(told)
        const [, value = ''] = /^<a b="([^"<>\n\r\t]*)"\/>$/.exec(element('a', { b: any })) ?? []
        expect(read(value)).toBe(told)
      }),
    )
  })
})
