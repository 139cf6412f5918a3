import { describe, expect, test } from 'vitest'
import { findRoles, loadRoles } from '../../src/catalog/load-roles.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import { isSecret } from '../../src/masking/secret.ts'
import { projectFolder, shown } from '../project-folder.ts'

const role = (name: string, description: string) => `
import { defineRole } from 'provision'
export default defineRole({
  name: '${name}',
  description: '${description}',
  vars: { ${name}_port: { type: 'integer', description: 'Port.', default: 1 } },
  resources: ({ vars }) => { const port: number = vars.${name}_port; return [port].map(() => { throw new Error('x') }) },
})
`
const load = async (root: string, builtin: string, ...names: string[]) =>
  loadRoles(root, await findRoles(root, builtin), names)

describe('roles', () => {
  test("a project's own TypeScript shadows the built-in role; others stay", async () => {
    const builtin = projectFolder({
      'roles/a/index.mjs': `export default { name: 'a', description: 'built in', vars: {}, resources: () => [] }`,
      'roles/b/index.mjs': `export default { name: 'b', description: 'built in', vars: {}, resources: () => [] }`,
    })
    const root = projectFolder({ 'roles/a/index.ts': role('a', 'own') })
    const { roles, problems } = await load(root, `${builtin}/roles`, 'a', 'b')
    expect(problems).toEqual([])
    expect([...roles.values()].map(({ name, description }) => `${name} ${description}`)).toEqual([
      'a own',
      'b built in',
    ])
  })

  test("provision is this very program in a project's role, not a second copy of it", async () => {
    const root = projectFolder({
      'roles/a/index.ts': `
import { secret } from 'provision'
import { word } from './word.ts'
export default { name: 'a', description: word, vars: {}, resources: () => [], key: secret('s') }`,
      'roles/a/word.ts': `export const word: string = 'from beside it'`,
    })
    const { roles, problems } = await load(root, '/nowhere', 'a')
    expect(problems).toEqual([])
    expect(roles.get('a')?.description).toBe('from beside it')
    expect(isSecret(Object(roles.get('a')).key)).toBe(true)
  })

  test('loads only what is named', async () => {
    const root = projectFolder({ 'roles/a/index.mjs': 'throw new Error("boom")', 'roles/b/index.ts': role('b', 'own') })
    expect((await load(root, '/nowhere', 'b')).problems).toEqual([])
  })

  test.each([
    ['throw new Error("boom")', "role 'a' can't be loaded: boom"],
    ['export const a = 1', "role 'a': must be the default export: export default defineRole({ … })"],
    ['export default { name: "b" }', "role 'a': is named 'b', unlike its folder"],
    ['export default { name: "a" }', "role 'a': has no description"],
    ['export default { name: "a", description: "d" }', "role 'a': has no function resources()"],
    [
      'export default { name: "a", description: "d", vars: { v: { type: "string" } }, resources() {} }',
      "role 'a': the schema of its var 'v' has no description",
    ],
  ])('refuses %s', async (text, message) => {
    const root = projectFolder({ 'roles/a/index.mjs': text })
    expect(shown((await load(root, '/nowhere', 'a')).problems)).toEqual([`roles/a/index.mjs:1:1 ${message}`])
  })
})

describe('templates', () => {
  test("a project's own shadow the built-in ones, file by file", () => {
    const own = projectFolder({ 'templates/a/x.conf.ejs': 'own x', 'templates/a/sub/z': 'own z' })
    const builtin = projectFolder({ 'templates/a/x.conf.ejs': 'x', 'templates/a/y.conf.ejs': 'y' })
    const find = templateLookup(own, builtin)
    expect(find('a', 'x.conf')).toEqual({ file: 'templates/a/x.conf.ejs', text: 'own x' })
    expect(find('a', 'y.conf.ejs').text).toBe('y')
    expect(find('a', 'sub/z').text).toBe('own z')
    expect(() => find('a', '../a/x.conf')).toThrow("there is no template '../a/x.conf' in templates/a")
    expect(() => find('b', 'x')).toThrow("there is no template 'x' in templates/b")
  })
})
