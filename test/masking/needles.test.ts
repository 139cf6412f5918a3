import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formsOf } from '../../src/masking/forms.ts'
import { createMask } from '../../src/masking/mask.ts'
import { createMasker } from '../../src/masking/masker.ts'
import { type Bytes, createNeedles } from '../../src/masking/needles.ts'
import { secret } from '../../src/masking/secret.ts'

const needlesOf = (...all: readonly string[]) => {
  const needles = createNeedles()
  for (const one of all) needles.add(one)
  return needles
}

describe('the longest needle at a place', () => {
  it('is found, however others begin or end', () => {
    const needles = needlesOf('hunter', 'hunter22', 'hunted', 'h', 'hu', 'xhunter')
    expect(['hunter222', 'hunter2', 'huntress', 'hat', 'unter', ''].map((text) => needles.longestAt(text, 0))).toEqual([
      8, 6, 2, 1, 0, 0,
    ])
    expect(needles.longestAt('a hunted one', 2)).toBe(6)
    expect(needles.longestAt('hunted', 6)).toBe(0)
  })

  it('is the same that a search one by one finds', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 20 }), texts, (all, text) => {
        const found = all.filter((one) => text.startsWith(one)).map((one) => one.length)
        expect(needlesOf(...all).longestAt(text, 0)).toBe(Math.max(0, ...found))
      }),
    )
  })

  it('is new only once', () => {
    const needles = needlesOf('hunter22', 'hunting')
    expect(['hunter22', 'hunting', 'hunt', 'hunt', ''].map((one) => needles.add(one))).toEqual([
      false,
      false,
      true,
      false,
      false,
    ])
  })
})

/** Text that looks random and is the same in each run. */
const digits = (seed: string, length: number): string => {
  const bytes = Array.from({ length: Math.ceil(length / 40) }, (_, i) => createHash('sha256').update(`${seed} ${i}`))
  return bytes
    .map((hash) => hash.digest('base64').slice(0, 40))
    .join('')
    .slice(0, length)
}

const keyOf = (host: number): string =>
  `-----BEGIN PRIVATE KEY-----\n${digits(`key ${host}`, 350).replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`

const secretsOf = (host: number): string[] => [
  keyOf(host),
  ...Array.from({ length: 5 }, (_, i) => digits(`password ${host} ${i}`, 24)),
]

const LINES = [
  'Get:12 http://mirror.example/debian trixie/main amd64 libssl3t64 amd64 3.5.1-1+deb13u1 [2,435 kB]',
  'Setting up mysql-server-8.4 (8.4.6-1) ... update-alternatives: using /etc/mysql/mysql.cnf to provide my.cnf',
  `ssh-ed25519 ${digits('somebody else', 68)} root@db1`,
  digits('no secret of these', 2_000),
]

/** How many characters are looked at to find that a text holds no secret. */
function looksAt(needles: { longestAt(text: Bytes, at: number): number }, text: string): number {
  let looks = 0
  const counted: Bytes = {
    length: text.length,
    charCodeAt(at) {
      looks += 1
      return text.charCodeAt(at)
    },
  }
  const found = Array.from(text, (_, at) => needles.longestAt(counted, at)).filter((length) => length > 0)
  expect(found).toEqual([])
  return looks
}

describe('C70: a key of several lines and five passwords a host', { timeout: 120_000 }, () => {
  it('what a text costs hardly grows from 12 to 200 to 2,000 hosts', () => {
    const needles = createNeedles()
    let hosts = 0
    let before = 0
    for (const count of [12, 200, 2_000]) {
      for (; hosts < count; hosts++) for (const form of secretsOf(hosts).flatMap(formsOf)) needles.add(form)
      const text = LINES.join('\n')
      const looks = looksAt(needles, text)
      // A character more each time there are 64 times as many that could begin so.
      expect(looks).toBeLessThan(text.length * 6)
      if (before > 0) expect(looks).toBeLessThan(before * 2)
      before = looks
    }
  })

  it('each secret is taken in once, as many steps for the last as for the first', () => {
    const masker = createMasker()
    const forms = Array.from({ length: 200 }, (_, host) => secretsOf(host).map(masker.learn))
    const perHost = forms.map((one) => one.reduce((sum, count) => sum + count))
    // The first brings the lines that all keys share.
    expect(Math.max(...perHost.slice(1)) - Math.min(...perHost.slice(1))).toBeLessThan(10)
    expect(perHost[0]).toBeLessThan(400)
    expect(secretsOf(7).map(masker.learn)).toEqual([0, 0, 0, 0, 0, 0])
    expect(secretsOf(199).every((one) => masker.mask(`<${one}>`) === '<‹secret›>')).toBe(true)
  })

  it('a run learns while it goes, whatever the data around', () => {
    const mask = createMask()
    for (let host = 0; host < 12; host++) {
      const [key = '', first = ''] = secretsOf(host)
      expect(mask.text(first)).toBe(first)
      mask.learn([{ vars: { app: [secret(first)] } }, secret(key)])
      mask.learn([{ vars: { app: [secret(first)] } }, secret(key)])
      expect(mask.text(`<${first}>${keyOf(host)}`)).toBe('<‹secret›>‹secret›')
    }
  })
})
