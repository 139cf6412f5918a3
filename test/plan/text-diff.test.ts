import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { masked, reveal, secret, type Text } from '../../src/masking/secret.ts'
import type { TextDiff } from '../../src/plan/host-plan.ts'
import { textDiff } from '../../src/plan/text-diff.ts'

const diff = (before: string | undefined, after: Text | undefined) => textDiff({ name: 'f', before, after })
const lines = (made: TextDiff) => made.hunks.flatMap((hunk) => hunk.lines)
const PEM = ['-----BEGIN KEY-----', 'c2VjcmV0', 'bGluZXM=', '-----END KEY-----'].join('\n')

describe('a text without secrets', () => {
  it('shows three lines of context around a change', () => {
    const numbers = (changed: string) => ['1', '2', '3', '4', changed, '6', '7', '8', '9', ''].join('\n')
    expect(diff(numbers('5'), numbers('five')).hunks).toEqual([
      {
        oldStart: 2,
        oldLines: 7,
        newStart: 2,
        newLines: 7,
        lines: [' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
      },
    ])
  })

  it('shows a whole file that comes or goes', () => {
    expect(lines(diff(undefined, 'a\n\nb\n'))).toEqual(['+a', '+', '+b'])
    expect(lines(diff('a\nb\n', undefined))).toEqual(['-a', '-b'])
    expect(diff('a\n', 'a\n').hunks).toEqual([])
  })

  it('shows a change of the last newline and of line ends', () => {
    expect(lines(diff('a', 'a\n'))).toEqual(['-a', '\\ No newline at end of file', '+a'])
    expect(lines(diff('a\r\n', 'a\n'))).toEqual(['-a\r', '+a'])
  })

  it('gives the note in place of what cannot be shown', () => {
    expect(textDiff({ name: 'f', before: undefined, after: 'x\n', note: 'binary' })).toEqual({
      name: 'f',
      note: 'binary',
      hunks: [],
    })
  })

  it('caps long diffs and long lines and counts the rest', () => {
    const long = diff(undefined, 'x\n'.repeat(1000))
    expect(lines(long)).toHaveLength(400)
    expect(long.note).toBe('600 more lines not shown: +600 -0')
    expect(lines(diff(undefined, 'y'.repeat(5000)))[0]).toMatch(/^\+y{1000}… \(4000 more characters\)$/)
  })

  it('gives up in time when two huge files have nothing in common', () => {
    const text = (word: string) => Array.from({ length: 30_000 }, (_, i) => `${word}${i}\n`).join('')
    expect(diff(text('a'), text('b'))).toEqual({
      name: 'f',
      note: 'too many changes to show: 30000 lines before, 30000 after',
      hunks: [],
    })
  })
})

describe('a text with secrets', () => {
  const conf = (password: string): Text => ['[client]\npassword = ', secret(password), '\nport = 3306\n']

  it('shows a changed secret as changed', () => {
    expect(lines(diff(reveal(conf('old-one')), conf('new-one')))).toEqual([
      ' [client]',
      '-password = ‹secret›',
      '+password = ‹secret, changed›',
      ' port = 3306',
    ])
  })

  it('shows an unchanged secret as context', () => {
    expect(lines(diff(reveal(conf('same')).replace('3306', '3307'), conf('same')))).toEqual([
      ' [client]',
      ' password = ‹secret›',
      '-‹line withheld: this file holds secrets›',
      '+port = 3306',
    ])
  })

  it('marks only the changed one of several secrets in a line', () => {
    const url = (user: string, password: string): Text => ['url=', secret(user), ':', secret(password), '@db\n']
    expect(lines(diff(reveal(url('app', 'old')), url('app', 'new')))).toEqual([
      '-url=‹secret›:‹secret›@db',
      '+url=‹secret›:‹secret, changed›@db',
    ])
  })

  it('withholds every old line that nothing declares, neighbours together', () => {
    expect(lines(diff('token: hunter2\nx\n[client]\n', conf('new-one')))).toEqual([
      '-‹2 lines withheld: this file holds secrets›',
      ' [client]',
      '+password = ‹secret›',
      '+port = 3306',
    ])
  })

  it('hides keys of many lines, and counts their lines', () => {
    const key = (pem: string): Text => ['# key\n', secret(`${pem}\n`), '# end\n']
    const other = PEM.replace('c2Vj', 'b3Ro')
    expect(diff(reveal(key(other)), key(PEM)).hunks).toEqual([
      {
        oldStart: 1,
        oldLines: 6,
        newStart: 1,
        newLines: 6,
        lines: [' # key', '-‹4 lines withheld: this file holds secrets›', '+‹secret, 4 lines›', ' # end'],
      },
    ])
    expect(lines(diff(reveal(key(PEM)).replace('# end', '# fin'), key(PEM)))).toEqual([
      ' # key',
      ' ‹secret, 4 lines›',
      '-‹line withheld: this file holds secrets›',
      '+# end',
    ])
  })

  it('does not show an old secret where the new text has only another in a whole line', () => {
    expect(lines(diff('old-one\n', [secret('new-one')]))).toEqual([
      '-‹line withheld: this file holds secrets›',
      '+‹secret›',
      '\\ No newline at end of file',
    ])
  })

  it('never shows the new secret or the old one, whatever the texts', () => {
    const word = fc.stringMatching(/^[a-c=: ]{0,3}$/)
    const value = fc.oneof(
      fc.stringMatching(/^[A-C0-9]{4,8}$/),
      fc.constant(PEM),
      fc.constant(`${PEM}\n`),
      fc.string({ minLength: 4, unit: 'grapheme' }),
      fc.stringMatching(/^[a-c=: \n]{4,9}$/),
    )
    const literal = fc
      .array(word, { maxLength: 4 })
      .chain((words) => fc.constantFrom('\n', ' ', '\r\n').map((glue) => words.join(glue)))
    // SEP marks where the secrets go; the host's text is the same one with an older secret and edited literals.
    const texts = fc.record({
      fresh: value,
      stale: value,
      literals: fc.array(literal, { minLength: 2, maxLength: 5 }),
      others: fc.array(literal, { minLength: 1, maxLength: 5 }),
      edited: fc.boolean(),
    })
    const plain = (text: string) => text.replaceAll(/[\r\n]+/g, '\n')
    fc.assert(
      fc.property(texts, ({ fresh, stale, literals, others, edited }) => {
        const after: Text = literals.flatMap((one, i) => (i === 0 ? [one] : [secret(fresh), one]))
        const before = (edited ? others : literals).join(stale)
        const shown = lines(diff(before, after))
        const bodies = plain(shown.map((line) => line.slice(1)).join('\n'))
        for (const one of [fresh, stale]) {
          const needle = plain(one)
          // What is declared in clear is no secret.
          if (plain(masked(after)).includes(needle) || needle.trim().length < 4) continue
          // The lines of a diff stand in another order than in a file: only secrets of one line can be searched whole.
          const inOneLine = needle.includes('\n') ? needle.split('\n').filter((line) => line.length >= 8) : [needle]
          for (const part of inOneLine) {
            if (!plain(masked(after)).includes(part)) expect(bodies).not.toContain(part)
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})
