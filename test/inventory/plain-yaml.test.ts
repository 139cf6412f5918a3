import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { readPlainYaml } from '../../src/inventory/plain-yaml.ts'
import { writtenAt } from '../../src/inventory/written.ts'
import { type ParsedYaml, parseAnyYaml, parseYaml } from '../../src/inventory/yaml.ts'

/** What is known of a text, as far as anybody can ask for it. */
const known = ({ value, origins, problems }: ParsedYaml) => ({
  value,
  problems,
  places: [...origins]
    .map(([pointer, { line, col }]) => `${pointer} ${line}:${col} ${writtenAt(origins, pointer) ?? ''}`)
    .sort(),
})

/** The reader of plain YAML says what the library says, or nothing. @returns whether it said something */
function agrees(text: string): boolean {
  if (readPlainYaml(text) === undefined) return false
  const { value, ...more } = known(parseAnyYaml(text, 'f'))
  const own = known(parseYaml(text, 'f'))
  expect({ text, ...own }).toStrictEqual({ text, value, ...more })
  return true
}

const word = fc.oneof(
  fc.constantFrom('web1', '10.0.0.1', 'a b', '~', 'null', 'True', '.inf', '1e3', '0x1F', '0o17', '007', '-1', '1.10'),
  fc.constantFrom(
    '2001:db8::1',
    'a-b',
    'a: b',
    '#x',
    "it's",
    '"q"',
    '',
    '-',
    '- a',
    'yes',
    '<<',
    'é',
    '{a',
    'x,y',
    '1_0',
  ),
  fc.constantFrom(
    '::1',
    '1.',
    '.5',
    '+1',
    '12e03',
    '-.INF',
    '.NaN',
    '0.0.0',
    'x:1',
    '%',
    '@a',
    '...',
    'a #b',
    'a#b',
    'h*',
    'a?b',
    'a&b',
    'a(b)',
  ),
)
const key = fc.constantFrom('hosts', 'web1', 'a.b', '10', 'x-y', 'vars', 'true', 'null', 'a b', '/x', '1.5', '')
const anything = fc.letrec((tie) => ({
  node: fc.oneof({ depthSize: 'small' }, word, fc.integer(), fc.boolean(), fc.constant(null), tie('map'), tie('list')),
  map: fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  list: fc.array(tie('node'), { maxLength: 4 }),
})).map

const pieces = fc.constantFrom(
  ...[
    'a',
    'b',
    '1',
    '10.0.0.1',
    ':',
    ': ',
    '- ',
    '-',
    ' ',
    '  ',
    '\n',
    '\n  ',
    '\n    ',
    '{',
    '}',
    '[',
    ']',
    ', ',
    ',',
  ],
  ...['#', ' # c', '"', "'", '"x"', "'y'", '"k":', '&a ', '*a', '!t ', '|', '>', '?', '~', '.', '---\n', '...\n', 'k:'],
)

describe('the reader of plain YAML', () => {
  test('says what the library says: of what programs write', () => {
    let said = 0
    fc.assert(
      fc.property(anything, fc.constantFrom(2, 4), fc.constantFrom(0, 1, 2, 3), (data, indent, style) => {
        const text = style === 3 ? JSON.stringify(data, null, indent - 2) : stringify(data, styles(indent)[style])
        if (agrees(text)) said += 1
      }),
      { numRuns: 400 },
    )
    expect(said).toBeGreaterThan(100)
  })

  test('says what the library says: of what people mistype', () => {
    fc.assert(
      fc.property(anything, fc.array(fc.tuple(fc.nat(), fc.nat(3), pieces), { maxLength: 3 }), (data, edits) => {
        let text = stringify(data)
        for (const [at, cut, piece] of edits) {
          const place = at % (text.length + 1)
          text = text.slice(0, place) + piece + text.slice(place + cut)
        }
        agrees(text)
      }),
      { numRuns: 400 },
    )
  })

  test('says what the library says: of any heap of signs', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => void agrees(parts.join(''))),
      { numRuns: 1500 },
    )
  })

  test('says what the library says of the inventories that are here', () => {
    const root = join(import.meta.dirname, '../../inventories')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yml'))
    expect(files.length).toBeGreaterThan(10)
    for (const name of files) agrees(readFileSync(join(root, name), 'utf8'))
  })

  test.each([
    'tiers:\n  web:\n    hosts:\n      h1: { address: 10.0.0.1, groups: [eu], vars: { n: 1, f: 1.10, s: "x y" } }\n',
    '---\n# all\ntiers:\n  web:\n    hosts:\n      h1:\n        address: 2001:db8::1 # six\n        groups:\n        - eu\n        - us\n',
    'sites:\n  - name: a\n    listen: 80\n\n  - name: b\n    on: true\nnothing:\nrest: /srv/x y\n',
    '{ "tiers": {"web": {"hosts": {\n  "h1": {"address": "10.0.0.1", "vars": {"a": null, "b": [1, 2]}}}}}}\n',
  ])('reads %j', (text) => {
    expect(agrees(text)).toBe(true)
  })

  test.each([
    ...['a: &x 1\nb: *x\n', 'a: !t x\n', 'a: |\n  text\n', 'a: "x\\n"\n', "a: 'it''s'\n", 'a: x\n  y\n', 'a: é\n'],
    ...[
      'a: 1\na: 2\n',
      'a:\n\tb: 1\n',
      'a: 1\n---\nb: 2\n',
      '<<: 1\n',
      'a: [1,\n  2]\n',
      '__proto__: 1\n',
      '',
      '# x\n',
    ],
  ])('leaves %j to the library', (text) => {
    expect(readPlainYaml(text)).toBeUndefined()
  })
})

const styles = (indent: number) => [
  { indent },
  { indent, collectionStyle: 'flow' as const, lineWidth: 0 },
  { indent, defaultStringType: 'QUOTE_DOUBLE' as const },
]
