import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { templateRenderer } from '../../src/catalog/template.ts'
import { ProvisionError } from '../../src/errors.ts'
import { masked, reveal, secret } from '../../src/masking/secret.ts'

const renderer = (files: Readonly<Record<string, string>>) =>
  templateRenderer((role, name) => {
    const text = files[name]
    if (text === undefined) throw new ProvisionError(`there is no template '${name}'`, { code: 'input' })
    return { file: `templates/${role}/${name}.ejs`, text }
  })
const render = (
  text: string,
  data: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, string>> = {},
) => renderer({ main: text, ...more })('r', 'main', data)

const failure = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    if (error instanceof ProvisionError) return `${error.origin?.file}:${error.origin?.line} ${error.message}`
    throw error
  }
  return 'no failure'
}

describe('a template', () => {
  test('prints values as they are, unescaped, with the final newline as written', () => {
    expect(render('a <%= x %>\n', { x: `<&"'>` })).toBe(`a <&"'>\n`)
    expect(render('<%- x %>', { x: 0 })).toBe('0')
    expect(render('<% for (const p of ports) { -%>\nlisten <%= p %>\n<% } -%>\n', { ports: [80, 443] })).toBe(
      'listen 80\nlisten 443\n',
    )
  })

  test('has its data by name and as locals, whatever the names', () => {
    expect(render('<%= a %> <%= locals.class %> <%= locals["x-y"] %>', { a: 1, class: 2, 'x-y': 3 })).toBe('1 2 3')
  })

  test('keeps secrets tainted, nested, concatenated and from functions', () => {
    const data = {
      db: { users: [{ name: 'app', password: secret('hunter22') }] },
      group: () => [{ vars: { key: secret('k3y') } }],
    }
    const text = render('<%= db.users[0].name + ":" + db.users[0].password %>\n<%= group()[0].vars.key %>\n', data)
    expect(masked(text)).toBe('app:‹secret›\n‹secret›\n')
    expect(reveal(text)).toBe('app:hunter22\nk3y\n')
  })

  test('keeps any secret and any text around it, exactly', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, value, after) => {
        const text = render('<%= before %><%= value %><%= after %>', { before, value: secret(value), after })
        expect(reveal(text)).toBe(before + value + after)
        expect(masked(text)).toBe(`${before}‹secret›${after}`)
      }),
    )
  })

  test('includes its neighbours by name, with more data', () => {
    const site = 'site <%= name %> <%= key %>\n'
    const text = render(
      '<% for (const name of names) { -%>\n<%- include("site", { name }) -%>\n<% } -%>\n',
      { names: ['a', 'b'], key: secret('k') },
      { site },
    )
    expect(masked(text)).toBe('site a ‹secret›\nsite b ‹secret›\n')
  })

  test.each([
    ['a variable that is missing', 'x\n\n<%= prot %>\n', {}, "templates/r/main.ejs:3 template: 'prot' is not set"],
    [
      'an unset member',
      'x\n<%= vars.prot %>\n',
      { vars: {} },
      "templates/r/main.ejs:2 template: 'vars.prot' is not set",
    ],
    ['null, raw', '<%- vars.a %>\n', { vars: { a: null } }, "templates/r/main.ejs:1 template: 'vars.a' is not set"],
    ['a mapping', '<%= vars %>', { vars: {} }, "templates/r/main.ejs:1 template: 'vars' is a mapping: print its parts"],
    ['a list', '\n<%= l %>', { l: [1] }, "templates/r/main.ejs:2 template: 'l' is a list: join it, or loop over it"],
    ['NaN', '<%= n * 2 %>', { n: 'x' }, "templates/r/main.ejs:1 template: 'n * 2' is no text (NaN)"],
    [
      'a member of nothing',
      '\n<% if (vars.a.b) { } %>',
      { vars: {} },
      "templates/r/main.ejs:2 template: Cannot read properties of undefined (reading 'b')",
    ],
    [
      'a secret that is altered',
      '<%= key.slice(1) %>',
      { key: secret('hunter22') },
      'templates/r/main.ejs:1 a secret is changed by the template, or printed as its mask',
    ],
    [
      'a secret that is encoded',
      '<%= encodeURIComponent(key) %>',
      { key: secret('hunter22') },
      'templates/r/main.ejs:1 a secret is changed by the template, or printed as its mask',
    ],
  ])('refuses %s', (_, text, data, message) => {
    expect(failure(() => render(text, data))).toBe(message)
  })

  test('names the included file, not the one around it', () => {
    expect(failure(() => render('\n<%= include("part") %>', {}, { part: '\n\n<%= nope %>' }))).toBe(
      "templates/r/part.ejs:3 template: 'nope' is not set",
    )
    expect(failure(() => render('<%= include("none") %>'))).toContain("there is no template 'none'")
  })

  test('names the line of what is no JavaScript', () => {
    expect(failure(() => render('a\n<% if (x { %>\n<% } %>\n', { x: 1 }))).toMatch(
      /^templates\/r\/main.ejs:2 template: /,
    )
  })
})
