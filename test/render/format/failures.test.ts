import { expect, it } from 'vitest'
import type { Failure } from '../../../src/errors.ts'
import { failureBlocks } from '../../../src/render/format/failures.ts'
import { paint } from '../../../src/render/format/line.ts'

const told = (failed: Readonly<Record<string, Partial<Failure>>>): string[] =>
  failureBlocks(
    Object.entries(failed).map(([host, failure]) => ({
      host,
      failure: { code: 'apply', message: 'm', log: [], ...failure },
    })),
  ).flatMap((block) => block.map((one) => paint(one, false)))

const APT = { resource: 'package:nginx', message: 'apt could not install nginx', log: ['E: no space left'] }

it('hosts that failed alike are told together, each by its name', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`web${i}`, APT]))
  const [first, ...rest] = told({ db1: { message: 'another' }, ...many })
  expect(first).toBe(`${Object.keys(many).join(', ')} failed at package:nginx: apt could not install nginx`)
  expect(rest).toEqual(['  │ E: no space left', 'db1 failed: another'])
})

it('what is each one’s own is in braces, where it is short', () => {
  const refused = (address: string) =>
    ({ code: 'refused', message: `cannot connect to ${address}:22: refused`, hint: 'is sshd up?' }) as const
  expect(told({ web1: refused('10.0.0.1'), web2: refused('10.0.0.2') })).toEqual([
    'web1, web2 failed: cannot connect to {web1: 10.0.0.1:22:; web2: 10.0.0.2:22:} refused',
    '  → is sshd up?',
  ])
})

it('its own name differs from the others’ on no host', () => {
  const cut = (host: string) => ({ message: `the link to ${host} was cut`, log: [`${host}: bye`, `not ${host}x`] })
  expect(told({ 'a.b': cut('a.b'), c: cut('c') })).toEqual([
    'a.b, c failed: the link to {host} was cut',
    '  │ {host}: bye',
    '  │ not {a.b: a.bx; c: cx}',
  ])
  expect(told({ c: cut('c') })).toContain('c failed: the link to c was cut')
})

it('what differs wholly, and what failed elsewhere, stands apart', () => {
  const at = (resource: string) => ({ ...APT, resource })
  expect(told({ web1: at('a'), web2: at('b') })).toHaveLength(4)
  const long = (word: string) => ({ message: word.repeat(90), hint: 'the same' })
  expect(told({ web1: long('a'), web2: long('b') })).toEqual([
    '2 hosts failed:',
    `  web1:  failed: ${'a'.repeat(90)}`,
    `  web2:  failed: ${'b'.repeat(90)}`,
    '    → the same',
  ])
})
