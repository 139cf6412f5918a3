import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { printed } from '../../../src/inventory/sops/document.ts'
import { openFile } from '../../../src/inventory/sops/file.ts'
import { readSealedVars } from '../../../src/inventory/sops/vars.ts'
import { isSecret, plainValue } from '../../../src/masking/secret.ts'
import { type Person, person, seal } from './sealed.ts'

let me: Person
beforeAll(async () => {
  me = await person()
})

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'yes',
    '2024-01-01',
    '1_000',
    '0x1f',
    'a\nb\n',
    ' x ',
    '#c',
    'null',
    '~',
    '-----BEGIN\n\nEND\n',
    '12:30',
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
  fc.boolean(),
  fc.constant(null),
)
const name = fc
  .oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constantFrom('on', '8080', 'a:b', 'a/b~c', 'x_unencrypted'))
  .filter((key) => key !== 'sops' && key !== '<<' && key !== '__proto__' && key.trim() !== '')
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('value'), { maxLength: 4 }), tie('tree')),
}))

const revealed = (value: unknown): unknown => {
  if (isSecret(value)) return plainValue(value)
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]))
}

test('any tree that is encrypted comes back, and the file in between shows none of it', async () => {
  await fc.assert(
    // A file costs what its key costs, whatever is in it: three trees in each.
    fc.asyncProperty(fc.tuple(tree, tree, tree), async ([root, one, other]) => {
      const data = { ...root, one, other }
      const sealed = await seal(stringify(data), [me.recipient])
      const { value, problems, locked } = await readSealedVars(sealed, 'f', me.keyring)
      expect(problems).toEqual([])
      expect(locked).toBeUndefined()
      expect(revealed(value)).toEqual(data)
    }),
    { numRuns: 20 },
  )
}, 60_000)

test('values, quoted words, a long number and comments survive being opened for an editor', async () => {
  const text = [
    '# at the top',
    'a: 12345678901234567890 # beside',
    'list:',
    '    # in a list',
    '    - "yes"',
    '    - 1.5',
    'm:',
    '    # in a mapping',
    '    b: "01"',
    'key: |',
    '    -----BEGIN',
    '    private words',
    '# at the end',
    '',
  ].join('\n')
  const sealed = await seal(text, [me.recipient])
  for (const word of ['at the', 'beside', 'in a', '12345', 'private']) expect(sealed).not.toContain(word)
  expect(printed((await openFile(sealed, 'f', me.keyring)).plain)).toBe(text)
})

test.each([
  ['encrypted_regex', '^(pass|token)', 'pass_word: x\nuser: bob\n', ['user: bob']],
  ['unencrypted_regex', '(?i)^USER', 'pass_word: x\nuser: bob\n', ['user: bob']],
  ['encrypted_suffix', '_word', 'pass_word: x\nuser: bob\n', ['user: bob']],
  ['unencrypted_suffix', '_plain', 'pass_word: x\nm_plain: { user: bob }\n', ['user: bob']],
] as const)('%s leaves in plain sight what it says, and that is no secret', async (kind, pattern, text, plain) => {
  const sealed = await seal(text, [me.recipient], { kind, text: pattern })
  for (const line of plain) expect(sealed).toContain(line)
  expect(sealed).not.toContain('pass_word: x')
  const { value } = await readSealedVars(sealed, 'f', me.keyring)
  expect(JSON.stringify(value)).toContain('"user":"bob"')
  expect(JSON.stringify(value)).toContain('"pass_word":"‹secret›"')
})
