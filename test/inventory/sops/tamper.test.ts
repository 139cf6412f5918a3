import { beforeAll, describe, expect, test } from 'vitest'
import { readSealedVars } from '../../../src/inventory/sops/vars.ts'
import { shown } from '../../project-folder.ts'
import { type Person, person, seal } from './sealed.ts'

const TEXT = 'one: secret-one\ntwo: secret-two\nlist:\n    - first\n    - second\nnote_unencrypted: hello\nflag: true\n'

let me: Person
let sealed: string
beforeAll(async () => {
  me = await person()
  sealed = await seal(TEXT, [me.recipient])
})

const problems = async (text: string): Promise<string> =>
  shown((await readSealedVars(text, 'f.sops.yml', me.keyring)).problems).join('\n')
const written = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(sealed)?.[1] ?? ''
const elements = (): string[] => [...sealed.matchAll(/^ {4}- (ENC\[.*)$/gm)].map((found) => found[1] ?? '')

describe('a file that something without the key has changed is refused', () => {
  test('not changed, it is not', async () => {
    expect(await problems(sealed)).toBe('')
  })

  test.each([
    ['a value that stands in the plain', () => sealed.replace('hello', 'hallo'), 'f.sops.yml: MAC mismatch'],
    ['a value that was taken out', () => sealed.replace(/^one: .*\n/m, ''), 'MAC mismatch'],
    ['a value that was put in', () => `plain_unencrypted: x\n${sealed}`, 'MAC mismatch'],
    [
      'two values in each other’s place',
      () => sealed.replace(written('one'), '@').replace(written('two'), written('one')).replace('@', written('two')),
      "'one' can't be decrypted: it was changed, or moved here from another place",
    ],
    [
      'elements of a list in another order',
      () => {
        const [a = '', b = ''] = elements()
        return sealed.replace(a, '@').replace(b, a).replace('@', b)
      },
      'MAC mismatch',
    ],
    [
      'a changed byte',
      () => sealed.replace(/^two: ENC\[AES256_GCM,data:./m, (m) => `${m.slice(0, -1)}${m.endsWith('A') ? 'B' : 'A'}`),
      "'two' can't be decrypted",
    ],
    [
      'a value written by hand',
      () => sealed.replace(written('two'), 'by-hand'),
      "'two' can't be decrypted: it is not encrypted",
    ],
    ['another type', () => sealed.replace(/type:bool\]/, 'type:int]'), "'flag' can't be decrypted"],
    ['another time', () => sealed.replace(/lastmodified: "2026/, 'lastmodified: "2025'), 'MAC mismatch'],
    ['no MAC', () => sealed.replace(/^ {4}mac: .*\n/m, ''), "lacks 'mac'"],
    ['a shorter tag', () => sealed.replace(/,tag:[^,]{24}/, ',tag:AAAAAA=='), "can't be decrypted"],
  ])('%s', async (_, change, message) => {
    const changed = change()
    expect(changed).not.toBe(sealed)
    const said = await problems(changed)
    expect(said).toContain(message)
    for (const word of ['secret-one', 'secret-two', 'first', 'second', 'by-hand']) expect(said).not.toContain(word)
  })

  test('a changed value is told with its line', async () => {
    expect(await problems(sealed.replace(written('two'), 'x'))).toContain('f.sops.yml:2:6 ')
  })
})

test('mac_only_encrypted: what stands in the plain may be changed, what is encrypted not', async () => {
  const text = await seal(TEXT, [me.recipient], { macOnlyEncrypted: true })
  expect(await problems(text.replace('hello', 'hallo'))).toBe('')
  expect(await problems(text.replace(/^one: .*\n/m, ''))).toContain('MAC mismatch')
})

test('whoever has no key is told for whom the file is and where keys were looked for', async () => {
  const other = await person()
  const { locked, problems: none } = await readSealedVars(sealed, 'f', other.keyring)
  expect(none).toEqual([])
  expect(locked?.age.map(({ recipient }) => recipient)).toEqual([me.recipient])
  const both = await seal(TEXT, [other.recipient, me.recipient])
  for (const { keyring } of [me, other]) expect((await readSealedVars(both, 'f', keyring)).locked).toBeUndefined()
})
