import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinScripts, rawScript, sh, writeBytes } from '../../src/shell/script.ts'
import { text } from '../resources/arbitrary.ts'
import { scratch } from '../resources/converge.ts'
import { dash } from './dash.ts'

describe('the sh template', () => {
  test('quotes strings and lists, inserts numbers and scripts', () => {
    const inner = sh`echo ${'$HOME'}`
    expect(sh`${inner}; head -n ${3} -- ${['a b', 'c']} "$x"`.sh).toBe(`echo '$HOME'; head -n 3 -- 'a b' c "$x"`)
  })

  test('keeps backslashes and takes its own indentation away, but not that of values', () => {
    const value = 'one\n        two'
    const script = sh`
      printf '%s\\n' ${value}
        echo end
    `
    expect(script.sh).toBe(`printf '%s\\\\n' 'one\n        two'\n  echo end`)
    expect(
      dash(sh`
      printf '%s\n' ${value}
    `).stdout,
    ).toBe(`${value}\n`)
  })

  test('property: a value at any place of an indented template arrives as it is', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const script = sh`
          a=${a}
          printf '%s\0' "$a" ${b}`
        expect(dash(script).stdout.split('\0').slice(0, 2)).toEqual([a, b])
      }),
      { numRuns: 50 },
    )
  }, 60_000)

  test('empty values count', () => {
    expect(sh`${''}${[]}a${rawScript('')}b`.sh).toBe("''ab")
    expect(joinScripts([rawScript('a'), rawScript('b')], '; ').sh).toBe('a; b')
  })
})

describe('bytes in a heredoc', () => {
  test('property: any bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const path = join(scratch(), 'out')
        expect(dash(writeBytes(bytes, sh`${path}`), ['-eu']).status).toBe(0)
        expect(new Uint8Array(readFileSync(path))).toEqual(bytes)
      }),
      { numRuns: 30 },
    )
  }, 60_000)
})
