import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote, words } from '../../src/shell/quote.ts'
import { text } from '../resources/arbitrary.ts'
import { dash } from './dash.ts'

/** What dash makes of words, each ended by NUL. */
const read = (script: string) => dash(`printf '%s\\0' ${script}`).stdout.split('\0').slice(0, -1)

describe('a quoted word', () => {
  test('property: is the same text in dash', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 60 }), (texts) => {
        expect(read(words(texts))).toEqual(texts)
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test('each ASCII character but NUL, alone, doubled and in front', () => {
    const texts = Array.from({ length: 127 }, (_, i) => String.fromCharCode(i + 1)).flatMap((c) => [c, c + c, `${c}x`])
    expect(read(words(texts))).toEqual(texts)
  })

  test('is never an assignment, a home directory or nothing', () => {
    expect(dash(`${quote('A=1')} 2>/dev/null; echo "\${A-unset}"`).stdout).toBe('unset\n')
    expect(quote('~')).toBe("'~'")
    expect(quote('')).toBe("''")
  })

  test('with NUL is refused', () => {
    expect(() => quote('a\0b')).toThrow(RangeError)
  })
})
