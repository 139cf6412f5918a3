import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createMasker } from '../../src/masking/masker.ts'
import { CHANGED_MASK, linesMask, MASK } from '../../src/masking/secret.ts'
import { ENCODERS } from './encoders.ts'

const maskOf = (...secrets: readonly string[]): ((text: string) => string) => {
  const masker = createMasker()
  for (const secret of secrets) masker.learn(secret)
  return masker.mask
}

const SECRET = 'p4ss/w0rd\'s "ünd" +&\\<€>`$%'

describe('C38: a secret is masked, and nothing around it', () => {
  const mask = maskOf(SECRET)

  test.each(Object.entries(ENCODERS))('%s', (_, encode) => {
    const encoded = encode(SECRET)
    const inside = encoded.replace(/^(?:\$?'|")|['"]$/g, '')
    expect(mask(`before ${encoded} after`)).toBe(`before ${encoded.replace(inside, () => MASK)} after`)
  })

  test.each(['p4ss w0rd', SECRET, 'a\nb c d', "it's", '!history', '~root'])('as the real bash has it: %j', (secret) => {
    const quoted = execFileSync('bash', ['--norc', '-c', 'printf %q "$1"', 'bash', secret], {
      env: { LC_ALL: 'C' },
      stdio: 'pipe',
    }).toString()
    expect(maskOf(secret)(`+ login ${quoted} now`)).toMatch(/^\+ login (?:\$')?\\?‹secret›'? now$/)
  })

  test('inside the base64 of a longer text, wherever its bytes fall, in either alphabet', () => {
    for (const alphabet of ['base64', 'base64url'] as const) {
      for (const before of ['', 'a', 'ab', 'abc', '???']) {
        const masked = mask(Buffer.from(`${before}${SECRET} and more`).toString(alphabet))
        expect(masked).toContain(MASK)
        expect(Buffer.from(masked.replace(MASK, ''), 'base64').toString('latin1')).not.toMatch(/4s|w0rd|[`$%]/)
      }
    }
  })

  test.each([64, 76])('in base64 of lines of %d, line by line as a host prints them', (columns) => {
    const key = SECRET.repeat(12)
    for (const end of ['', '\n']) {
      const lines = Buffer.from(key + end)
        .toString('base64')
        .match(new RegExp(`.{1,${columns}}`, 'g'))
      const masked = lines?.map(maskOf(key)) ?? []
      expect(masked.length).toBeGreaterThan(5)
      // What is left of the last holds the newline, and bits of the last byte.
      expect(masked.join(' ')).toMatch(/^(?:‹secret› )+‹secret›[\w=+]{0,4}$/)
    }
  })

  test('in base64 of any lines that come as one text', () => {
    const encoded = Buffer.from(`some words before ${SECRET} and some after it`).toString('base64')
    for (const columns of [5, 20, 60, 64, 76]) {
      const wrapped = encoded.match(new RegExp(`.{1,${columns}}`, 'g'))?.join('\r\n  ') ?? ''
      expect(Buffer.from(mask(wrapped), 'base64').toString()).not.toContain('w0rd')
      expect(mask(JSON.stringify(wrapped))).toContain(MASK)
    }
  })
})

describe('of a secret of several lines', () => {
  const key = '-----BEGIN KEY-----\nunmistakable+1\r\nab\n  unmistakable+2\nshort_7\n-----END KEY-----\n'
  const mask = maskOf(key)

  it('C37: the whole is masked, and each line with four characters or more, for output comes line by line', () => {
    expect(mask(`<${key}>`)).toBe(`<${MASK}>`)
    expect(key.split(/\r?\n/).map(mask)).toEqual([MASK, MASK, 'ab', `  ${MASK}`, MASK, MASK, ''])
  })

  test.each(Object.entries(ENCODERS))('the whole is masked: %s', (_, encode) => {
    expect(mask(`«${encode(key)}»`).replaceAll(MASK, '')).not.toMatch(/unmist|KEY|[a-z\d]{5}/)
  })
})

test('what is too short to be told from a word is left, blanks not counted', () => {
  expect(maskOf('on', 'a', '  on  ', '')('turn  on  it')).toBe('turn  on  it')
  expect(maskOf(' four ')('<four>, < four >')).toBe(`<${MASK}>, <${MASK}>`)
})

test('secrets that overlap leave no rest of either', () => {
  expect(maskOf('hunter', 'hunter22')('it is hunter22')).toBe(`it is ${MASK}`)
  expect(maskOf('abcdef', 'defghi')('«abcdefghi»')).toBe(`«${MASK}»`)
  expect(maskOf('abcdef', 'cd%ef')('abcd%ef')).toBe(`ab${MASK}`)
  expect(maskOf('hunter')('hunterhunter')).toBe(`${MASK}${MASK}`)
})

describe('C39: a secret equal to a word of ours', () => {
  it('is masked once, and masks that stand in the text stay', () => {
    const mask = maskOf('changed', 'secret', 'lines›')
    const line = `password: ${MASK} → ${CHANGED_MASK}, key ${linesMask(28)}`
    expect(mask(line)).toBe(line)
    expect(mask(`ünchanged, ${line}, changed`)).toBe(`ün${MASK}, ${line}, ${MASK}`)
    expect(mask(mask('3 changed'))).toBe(`3 ${MASK}`)
  })
})

test('texts without a secret come back as they were, also what is no text', () => {
  const mask = maskOf(SECRET)
  for (const text of ['', 'plain', 'ünïcödé %41 \\n &amp;', '\ud800']) expect(mask(text)).toBe(text)
})

describe('a secret of any text', () => {
  const secrets = fc.string({ unit: 'binary', minLength: 4, maxLength: 30 }).filter((text) => text.trim().length >= 4)

  it('does not survive, and the rest stays', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        expect(maskOf(secret)(`«${secret}»`)).toBe(`«${MASK}»`)
      }),
    )
  })

  it.each(Object.entries(ENCODERS))('leaves no form of it in what was masked: %s', (_, encode) => {
    // No shell word, and nothing else that is made of lines, holds a NUL.
    const texts = secrets.filter((text) => !text.includes('\0'))
    const contexts = fc.string({ unit: 'grapheme-ascii', maxLength: 10 })
    fc.assert(
      fc.property(texts, contexts, contexts, (secret, before, after) => {
        const encoded = encode(secret)
        const masked = maskOf(secret)(`${before} ${encoded} ${after}`)
        expect(masked).toContain(MASK)
        expect(masked).not.toContain(encoded)
      }),
    )
  })

  it('is found beside any others', () => {
    fc.assert(
      fc.property(fc.array(secrets, { minLength: 2, maxLength: 8 }), (all) => {
        const mask = maskOf(...all)
        for (const secret of all) expect(mask(`«${secret}»`).replaceAll(MASK, '')).toBe('«»')
      }),
    )
  })
})
