import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { secret } from '../../../../src/masking/secret.ts'
import { optionValue } from '../../../../src/products/mysql/kinds/client.ts'
import { account, name, raw, sql, text } from '../../../../src/products/mysql/kinds/sql.ts'
import { text as anyText } from '../../../resources/arbitrary.ts'

/** A string literal as the server reads it, by the table of escape sequences in the Reference Manual. */
function read(literal: string): string {
  expect(literal).toMatch(/^'(?:[^'\\]|''|\\.)*'$/u)
  const meanings: Readonly<Record<string, string>> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' }
  return literal
    .slice(1, -1)
    .replaceAll(/''|\\(.)/gu, (_, char: string | undefined) => (char === undefined ? "'" : (meanings[char] ?? char)))
}

const anything = fc.oneof(anyText, fc.string({ unit: 'binary' }), fc.constantFrom('\0', '\x1a', "\\'", '\\', "''"))

describe('literals', () => {
  test('stand for exactly their text, on one line', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const literal = text(value).sql
        expect(literal).not.toMatch(/[\n\r\0]/)
        expect(read(literal)).toBe(value)
      }),
    )
  })

  test('can never be left from inside', () => {
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const statement = sql`SELECT ${a}, ${secret(b)}`.sql
        expect(statement).toBe(`SELECT ${text(a).sql}, ${text(b).sql}`)
        expect(statement.split(/'(?:[^'\\]|''|\\.)*'/u)).toEqual(['SELECT ', ', ', ''])
      }),
    )
  })
})

test('a template keeps its words apart and its lines together', () => {
  expect(sql`GRANT ${raw('SELECT')} TO ${account("o'x", '%')}${sql` WITH ${raw('X')}`}`.sql).toBe(
    "GRANT SELECT TO 'o''x'@'%' WITH X",
  )
  expect(
    sql`A = ${1},
      B = ${'b'}`.sql,
  ).toBe("A = 1, B = 'b'")
})

describe('names', () => {
  test('are quoted', () => {
    expect(name('a`b c').sql).toBe('`a``b c`')
    expect(name('größe').sql).toBe('`größe`')
  })
  test.each(['', 'a\n', 'a ', 'x'.repeat(65), '\u{1D11E}', 'a\0'])('%j is none', (value) => {
    expect(() => name(value)).toThrow(RangeError)
  })
})

test('a value in an option file stands for itself', () => {
  const meanings: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b' }
  fc.assert(
    fc.property(anyText, (value) => {
      const written = optionValue(value)
      expect(written).toMatch(/^"[^\n\r]*"$/)
      expect(written.slice(1, -1).replaceAll(/\\(.)/gu, (_, char: string) => meanings[char] ?? char)).toBe(value)
    }),
  )
})
