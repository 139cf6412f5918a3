import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseYaml } from '../../src/inventory/yaml.ts'
import { shown } from '../project-folder.ts'

const places = (text: string) =>
  Object.fromEntries([...parseYaml(text, 'f').origins].map(([pointer, { line, col }]) => [pointer, `${line}:${col}`]))

describe('parseYaml', () => {
  test('keeps the place of every value', () => {
    expect(places('# note\na:\n  b/c: [x, {y: 1}]\n')).toEqual({
      '': '1:1',
      '/a': '2:1',
      '/a/b~1c': '3:3',
      '/a/b~1c/0': '3:9',
      '/a/b~1c/1': '3:12',
      '/a/b~1c/1/y': '3:13',
    })
  })

  test('follows anchors and merge keys to where values were written', () => {
    const text = 'base: &base\n  a: 1\n  b: { c: 2, d: 3 }\nhost:\n  <<: *base\n  b: { e: 4 }\nother: *base\n'
    expect(parseYaml(text, 'f').value).toEqual({
      base: { a: 1, b: { c: 2, d: 3 } },
      host: { a: 1, b: { e: 4 } },
      other: { a: 1, b: { c: 2, d: 3 } },
    })
    const found = places(text)
    expect(found).toMatchObject({ '/host/a': '2:3', '/host/b': '6:3', '/host/b/e': '6:8', '/other/a': '2:3' })
    expect(found['/host/b/c']).toBeUndefined()
  })

  test('merges a list of mappings, the earlier over the later', () => {
    const { value } = parseYaml('x: &x { a: 1, b: 1 }\ny: &y { b: 2, c: 2 }\nz: { <<: [*x, *y], c: 3 }', 'f')
    expect(value).toMatchObject({ z: { a: 1, b: 1, c: 3 } })
  })

  test('is YAML 1.2: yes is a string, 0o17 is a number; keys are strings', () => {
    expect(parseYaml('{a: yes, b: 0o17, 8080: x, __proto__: 1}', 'f').value).toEqual(
      Object.fromEntries([
        ['a', 'yes'],
        ['b', 15],
        ['8080', 'x'],
        ['__proto__', 1],
      ]),
    )
  })

  test.each([
    ['a: 1\nb: 2\na: 3\n', ['f:3:1 this key is there twice in one mapping']],
    ['a:\n\tb: 1\n', ['f:2:1 YAML is indented with spaces, this is a tab']],
    ['a: 1\n---\nb: 2\n', ['f:2:1 only one YAML document is allowed in a file']],
    ['a: *nope\n', ['f:1:1 an alias of nothing: *nope [a]']],
    ['a: &a\n  b: *a\n', ['f:2:3 an alias inside what it stands for: *a [a.b]']],
    ['a: 1\n<<: 5\n', ['f:1:1 a merge key (<<) takes a mapping']],
    ['a: !vault x\n', ['f:1:4 not valid YAML: Unresolved tag: !vault']],
  ])('refuses %j with its place', (text, problems) => {
    const parsed = parseYaml(text, 'f')
    expect(shown(parsed.problems)).toEqual(problems)
    expect(parsed.value).toBeNull()
  })

  test('gives up on aliases that multiply', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)
    const parsed = parseYaml(`a0: &a0 [x]\n${lines.join('\n')}\n`, 'f')
    expect(parsed.problems.map(({ message }) => message)).toEqual(['not usable YAML: its aliases make too much of it'])
  })

  test('reads back any data that YAML can write', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (data) => {
        // What JSON makes of it: there is no -0 then. A key `<<` merges, and the writer does not quote it.
        const plain: unknown = JSON.parse(JSON.stringify(data).replaceAll('"<<":', '"< <":'))
        const parsed = parseYaml(stringify(plain, { aliasDuplicateObjects: false }), 'f')
        expect(parsed.problems).toEqual([])
        expect(parsed.value).toEqual(plain)
      }),
      { numRuns: 200 },
    )
  })
})
