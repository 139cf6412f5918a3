import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expandHostPattern } from '../../../src/import/ansible/parse/host-pattern.ts'
import { parseIniInventory } from '../../../src/import/ansible/parse/ini-inventory.ts'
import { iniValue } from '../../../src/import/ansible/parse/python-literal.ts'
import { shlexSplit } from '../../../src/import/ansible/parse/shlex.ts'
import { floatOf, isWholeFloat, plain } from '../../../src/import/ansible/parse/value.ts'
import { parseAnsibleYaml, varsOf } from '../../../src/import/ansible/parse/yaml.ts'
import { newDocument, plainData } from '../../../src/import/ansible/project/document.ts'
import { parseYaml } from '../../../src/inventory/yaml.ts'

describe('ranges of hosts', () => {
  test.each([
    ['web[01:03]', ['web01', 'web02', 'web03']],
    ['web[9:11].example.org', ['web9.example.org', 'web10.example.org', 'web11.example.org']],
    ['db-[a:e:2]', ['db-a', 'db-c', 'db-e']],
    ['n[1:2]-[x:y]', ['n1-x', 'n1-y', 'n2-x', 'n2-y']],
    ['[:2]', ['0', '1', '2']],
    ['web[3:1]', []],
  ])('%s', (pattern, names) => expect(expandHostPattern(pattern)).toEqual({ names, port: undefined }))

  test.each([
    ['web1:2222', ['web1'], 2222],
    ['[2001:db8::1]:2222', ['2001:db8::1'], 2222],
    ['2001:db8::1', ['2001:db8::1'], undefined],
    ['web[1:2]:22', ['web1', 'web2'], 22],
    // What is no host's name keeps its colon, as with Ansible.
    ['-web:22', ['-web:22'], undefined],
  ])('a port: %s', (pattern, names, port) => expect(expandHostPattern(pattern)).toEqual({ names, port }))

  test.each([
    'web[1]',
    'web[01:003]',
    'web[1:',
    'web[c:a]',
    'web[a:3]',
    'web[1:9:0]',
    'web[1:]',
    'web:',
    'x[0:9999999]',
  ])('%s is refused', (pattern) => expect(() => expandHostPattern(pattern)).toThrow())

  test('have as many hosts as they say, all of one width where they begin with a zero', () => {
    const range = fc.tuple(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 7 }), fc.boolean())
    fc.assert(
      fc.property(range, ([first, more, step, isPadded]) => {
        const last = first + more
        const width = String(last).length + 1
        const text = (n: number) => (isPadded ? String(n).padStart(width, '0') : String(n))
        const { names } = expandHostPattern(`h[${text(first)}:${text(last)}:${step}]z`)
        expect(names).toHaveLength(Math.floor(more / step) + 1)
        expect(names).toEqual(names.map((_, i) => `h${text(first + i * step)}z`))
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })
})

describe('values of INI', () => {
  test.each([
    ['22', 22],
    ['0644', '0644'],
    ['10.0.0.1', '10.0.0.1'],
    ['1_000', 1000],
    ['0x1f', 31],
    ['-2.5', -2.5],
    ['True', true],
    ['true', 'true'],
    ['None', null],
    ['"a b" # said', 'a b'],
    ['a b # said', 'a b # said'],
    ['[\'a\', "b", 3,]', ['a', 'b', 3]],
    ["{'a': {'b': None}}", { a: { b: null } }],
    ['80,443', [80, 443]],
    ['(1)', 1],
    ["'it''s'", 'its'],
    [String.raw`'\x41\n\q'`, 'A\n\\q'],
    [String.raw`r'\n'`, String.raw`\n`],
    ['[1, 2', '[1, 2'],
    ['{{ x }}', '{{ x }}'],
    ['123456789012345678901234', '123456789012345678901234'],
    ['', ''],
  ])('%s', (text, value) => expect(plain(iniValue(text))).toEqual(value))

  test('1.0 stays apart from 1, down to the file that is written', () => {
    const value = iniValue('1.0')
    expect(isWholeFloat(value) && floatOf(value)).toBe(1)
    expect(newDocument({ version: value }, '')).toBe('version: 1.0\n')
  })

  test('whatever text is quoted as Python and as a shell do comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const line = `web1 note=${shellQuoted(pythonQuoted(text))}`
        const { declarations, problems } = parseIniInventory(line, 'hosts')
        expect(problems).toEqual([])
        expect(declarations.at(-1)).toMatchObject({ name: 'note', value: { value: text } })
      }),
    )
  })

  const pythonQuoted = (text: string): string =>
    `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
  const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`
})

describe('words of a line', () => {
  test.each([
    ['a b=c\td', ['a', 'b=c', 'd']],
    [`x='a b' y="c \\" \\n d"`, ['x=a b', 'y=c " \\n d']],
    ['a\\ b', ['a b']],
    [`p='' q`, ['p=', 'q']],
  ])('%s', (text, words) => expect(shlexSplit(text)).toEqual(words))

  test('a # ends the line, in a word too, but not in quotes', () => {
    expect(shlexSplit(`a p=x#y z`, { comments: true })).toEqual(['a', 'p=x'])
    expect(shlexSplit(`a p='x#y' # it's`, { comments: true })).toEqual(['a', 'p=x#y'])
    expect(shlexSplit('a #b')).toEqual(['a', '#b'])
  })

  test.each([`a 'b`, 'a "b', 'a\\'])('%s is refused', (text) => expect(() => shlexSplit(text)).toThrow())
})

describe('INI inventories', () => {
  test('problems have their line, and never quote a value', () => {
    const text = `[web]\nweb1 hunter2\nweb[1:x]\n[web:wars]\n[ db ]\n[nobody:vars]\na=1\n[all:children]\nnothere\nweb2 x='hunter2`
    const { problems } = parseIniInventory(text, 'hosts')
    expect(problems.map(({ at, message }) => `${at.line} ${message}`)).toEqual([
      '2 name=value is expected here',
      "3 'web[1:x]': a range is of numbers, or of single letters",
      '4 [web:wars] is no known section',
      '5 [ db ] is no section: are there spaces in it?',
      '10 the name of a group is expected here',
      "7 group 'nobody' is not declared in this file",
      "9 group 'nothere' is not declared in this file",
    ])
    expect(JSON.stringify(problems)).not.toContain('hunter2')
  })
})

describe('YAML', () => {
  const vars = (text: string) => varsOf(parseAnsibleYaml(text, 'f').entries ?? [])

  test('is PyYAML’s 1.1', () => {
    const text = 'a: yes\nb: y\nc: 0644\nd: 1:30\ne: 1e3\nf: 1.0e+3\ng: 2020-01-01\nh: ~\ni: 1_000\nj: off\nj: "off"\n'
    expect(Object.fromEntries([...vars(text)].map(([name, one]) => [name, plain(one.value)]))).toEqual({
      a: true,
      b: 'y',
      c: 420,
      d: 90,
      e: '1e3',
      f: 1000,
      g: '2020-01-01',
      h: null,
      i: 1000,
      j: 'off',
    })
  })

  test('merge keys, aliases, the lines of vars, marks', () => {
    const text =
      'base: &b { x: 1, y: 2 }\nuse:\n  <<: *b\n  y: 3\nlist: [*b]\npw: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  62\nraw: !unsafe "{{ x }}"\n'
    const read = vars(text)
    expect(plain(read.get('use')?.value ?? null)).toEqual({ x: 1, y: 3 })
    expect(plain(read.get('list')?.value ?? null)).toEqual([{ x: 1, y: 2 }])
    expect(read.get('pw')).toMatchObject({ value: null, vault: [6], at: { line: 6 } })
    expect(read.get('raw')).toMatchObject({ value: '{{ x }}', unsafe: true })
  })

  test('what is written is what is read, whatever it is', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value), (data) => {
        fc.pre(!Object.keys(data).includes('__proto__') && !JSON.stringify(data).includes('-0'))
        const text = newDocument(data, 'a comment')
        expect(plainData(parseYaml(text, 'f').value)).toEqual(plainData(data))
      }),
      { numRuns: 300 },
    )
  })

  test('a key that looks like a merge is written as the key that it is', () => {
    const data = { a: { '<<': { b: 1 } }, '<<': [] }
    expect(plainData(parseYaml(newDocument(data, ''), 'f').value)).toEqual(data)
  })

  test('aliases that multiply are a problem, not the end of the memory', () => {
    const lines = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`)
    const { problems } = parseAnsibleYaml(`a0: &a0 [x]\n${lines.join('\n')}\n`, 'f')
    expect(problems).toEqual([{ at: { file: 'f', line: 1 }, message: 'its aliases make too much of it' }])
  })
})
