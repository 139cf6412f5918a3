import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseSops, printed } from '../../../src/inventory/sops/document.ts'
import { openFile, sealFile } from '../../../src/inventory/sops/file.ts'
import { createKeyring } from '../../../src/inventory/sops/unlock.ts'
import { readSealedVars } from '../../../src/inventory/sops/vars.ts'
import { isSecret, plainValue } from '../../../src/masking/secret.ts'

const vector = (name: string): string => fileURLToPath(new URL(`vectors/${name}`, import.meta.url))
const keyring = createKeyring({ usual: vector('keys.txt') })
const text = (name: string): string => readFileSync(vector(name), 'utf8')

/** The data with every secret as what it is. */
const revealed = (value: unknown): unknown => {
  if (isSecret(value)) return { was: plainValue(value) }
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]))
}

test.each([
  [
    'types.sops.yml',
    {
      secret: { was: 'this is a secret' },
      string: { was: 'string' },
      int: { was: 7 },
      float: { was: 3.14 },
      boolean: { was: true },
      complex: { value: { was: 'this is a secret' }, array: [{ was: 'one' }, { was: 'two' }, { was: 'three' }] },
    },
  ],
  ['spaced-key.sops.yml', { secrets: { 'SOME SECRET': { was: '0x629A673A8242c2AC4B7B8C5D8735fbeac21A6205' } } }],
])('%s, made by sops, is read: every leaf is a secret of its type', async (name, data) => {
  const { value, problems, origins } = await readSealedVars(text(name), name, keyring)
  expect(problems).toEqual([])
  expect(revealed(value)).toEqual(data)
  expect([...origins].filter(([pointer]) => pointer.startsWith('/sops'))).toEqual([])
})

test('a secret is where its encrypted value stands', async () => {
  const { origins } = await readSealedVars(text('types.sops.yml'), 'f.yml', keyring)
  expect(origins.get('/complex/array/1')).toEqual({ file: 'f.yml', line: 10, col: 7 })
})

test('a file of sops that is written again unchanged keeps every line but its time and MAC', async () => {
  const before = text('types.sops.yml')
  const opened = await openFile(before, 'f', keyring)
  const after = sealFile(parseSops(printed(opened.plain), 'f'), opened, new Date())
  const trimmed = (all: string): string[] => all.split('\n').map((line) => line.trim())
  const changed = trimmed(after).filter((line) => !trimmed(before).includes(line))
  expect(changed.map((line) => line.split(':')[0])).toEqual(['lastmodified', 'mac'])
})
