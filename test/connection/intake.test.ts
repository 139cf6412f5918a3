import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ANSWER_LIMIT,
  type Intake,
  type IntakeOptions,
  intake,
  LOGIN_LIMIT,
  STREAM_LIMIT,
} from '../../src/connection/intake.ts'

const MARKER = '@@0123abcd root '
const LINE = `${MARKER}0\n`
const begun = (options: Partial<IntakeOptions> = {}) => {
  const excesses: string[] = []
  const one = intake({ marker: MARKER, onBegin: () => {}, onExcess: (what) => excesses.push(what), ...options })
  return { one, excesses }
}
const fed = (one: Intake, bytes: Buffer, sizes: readonly number[]) => {
  let rest = bytes
  for (const size of [...sizes, rest.length]) {
    one.stdout(rest.subarray(0, size))
    rest = rest.subarray(size)
  }
}

test('any text survives any cut of its bytes, and is heard once in whole characters, without the noise before it', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.nat(12)),
      (noise, text, sizes) => {
        // Where it is in the text it says nothing of a cut.
        fc.pre(!text.includes('\uFFFD'))
        const bytes = Buffer.from(`${noise}${LINE}${text}`)
        let heard = ''
        const onStdout = (part: string) => {
          expect(part).not.toContain('\uFFFD')
          heard += part
        }
        const streamed = begun({ onStdout }).one
        const kept = begun().one
        for (const one of [streamed, kept]) fed(one, bytes, sizes)
        expect(streamed.end()).toMatchObject({ uid: '0', stdout: '' })
        expect(kept.end()).toMatchObject({ uid: '0', stdout: text, before: { stdout: noise } })
        expect(heard).toBe(text)
      },
    ),
  )
})

test('a byte order mark and blanks at the ends stay', () => {
  const { one } = begun()
  one.stdout(Buffer.from(`${LINE}\uFEFF x \n\n`))
  expect(one.end().stdout).toBe('\uFEFF x \n\n')
})

test('banners and the lecture of sudo are apart from what the script complains of', () => {
  const { one } = begun()
  one.stderr(Buffer.from(`Welcome!\n[sudo: authenticate] Password: ${LINE}mine\n`))
  const { stderr, before } = one.end()
  expect([stderr, before.stderr]).toEqual(['mine\n', 'Welcome!\n[sudo: authenticate] Password: '])
})

test('a marker with another nonce is no marker, nor is one that a shell echoes', () => {
  const { one } = begun()
  one.stderr(Buffer.from(`@@ffff root 0\nprintf '${MARKER}%s\\n' 0 >&2\n`))
  expect(one.end().uid).toBeUndefined()
})

describe('C47: what a host prints without end', () => {
  const CHUNK = Buffer.from('y\n'.repeat(32 * 1024))
  const until = (limit: number, send: (chunk: Buffer) => void, chunk = CHUNK) => {
    for (let sent = 0; sent <= 3 * limit; sent += chunk.length) send(chunk)
  }

  test.each([
    ['before our script began', '', LOGIN_LIMIT, 'login', undefined],
    ['as an answer', LINE, ANSWER_LIMIT, 'answer', undefined],
    ['as a stream', LINE, STREAM_LIMIT, 'stream', () => {}],
  ] as const)('%s is told once, and its ends are kept', (_, first, limit, excess, onStdout) => {
    const { one, excesses } = begun(onStdout === undefined ? {} : { onStdout })
    one.stdout(Buffer.from(`${first}the first\n`))
    until(limit, one.stdout)
    expect(excesses).toEqual([excess])
    const lines = one.lines((text) => text)
    expect(lines[0]).toBe('the first')
    expect(lines.join('\n')).toMatch(/\[… [\d,]+ characters left out …]/)
    expect(lines.at(-1)).toBe('y')
    expect(lines.length).toBeLessThan(20)
  })

  test('on standard error counts as well', () => {
    const { one, excesses } = begun()
    one.stderr(Buffer.from(LINE))
    until(ANSWER_LIMIT, one.stderr)
    expect(excesses).toEqual(['answer'])
    expect(one.end().stderr.length).toBeLessThan(100_000)
  })

  test('in one line is cut, and no half of a secret stands at the cut', () => {
    const secret = 'hunter2'.repeat(20)
    const { one } = begun()
    const line = Buffer.from(secret.repeat(1000))
    until(LOGIN_LIMIT, one.stdout, line)
    const shown = one.lines((text) => text.replaceAll(secret, '‹secret›')).join('\n')
    expect(shown).not.toContain('hunter2')
    expect(shown.length).toBeLessThan(2000)
  })

  test('up to the limit is whole', () => {
    const { one, excesses } = begun()
    one.stdout(Buffer.from(LINE))
    const answer = 'x'.repeat(ANSWER_LIMIT - LINE.length)
    fed(
      one,
      Buffer.from(answer),
      Array.from({ length: 500 }, () => 32 * 1024),
    )
    expect(excesses).toEqual([])
    expect(one.end().stdout === answer).toBe(true)
  })
})
