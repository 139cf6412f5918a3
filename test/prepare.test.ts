import { describe, expect, test } from 'vitest'
import { prepare } from '../src/prepare.ts'
import { problemsOf, projectFolder } from './project-folder.ts'

const options = (root: string, inventory = 'prod') => ({ root, inventory, limit: [], tags: [], vars: [] })

const WEB = `
import { defineRole } from 'provision'
export default defineRole({
  name: 'web_test',
  description: 'Test role.',
  vars: { web_name: { type: 'string', description: 'Name.' } },
  resources: () => [],
})
`
const FILES = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [web_test] }]\n',
  'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }\n',
  'inventories/prod/group_vars/web.yml': 'web_name: x\n',
  'roles/web_test/index.ts': WEB,
}

describe('a project', () => {
  test('is loaded with its inventory, its roles and a compiler', async () => {
    const project = await prepare(options(projectFolder(FILES)))
    expect(project.inventory.hosts.map((host) => host.name)).toEqual(['web1'])
    expect(project.compiler.problems()).toEqual([])
  })

  test('tells what is wrong with files, names and vars at once', async () => {
    const root = projectFolder({
      ...FILES,
      'inventories/prod/hosts.yml': 'conection: {}\ntiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }\n',
      'inventories/prod/group_vars/web.yml': 'web_nmae: x\n',
    })
    expect(await problemsOf(() => prepare(options(root)))).toEqual([
      "inventories/prod/hosts.yml:1:1 unknown key 'conection' [conection] (did you mean 'connection'?)",
      "inventories/prod/group_vars/web.yml:1:1 unknown var 'web_nmae': no role of the site has it [web_nmae] (did you mean 'web_name'?)",
      "inventories/site.yml:1:9 'web_name' (Name) is not set for web1; role 'web_test' needs it (set it in inventories/prod/group_vars/web.yml or inventories/prod/host_vars/web1.yml)",
    ])
  })

  test('names an unknown role, and not its vars as well', async () => {
    const root = projectFolder({ ...FILES, 'inventories/site.yml': 'tiers: [{ name: web, roles: [web_tset] }]\n' })
    expect(await problemsOf(() => prepare(options(root)))).toEqual([
      "inventories/site.yml:1:30 unknown role 'web_tset' [tiers.0.roles.0] (did you mean 'web_test'?)",
    ])
  })

  test('names the inventories there are', async () => {
    const root = projectFolder(FILES)
    expect(await problemsOf(() => prepare(options(root, 'prd')))).toEqual([
      `there is no inventory 'prd' in ${root}/inventories (did you mean 'prod'?)`,
    ])
    expect(await problemsOf(() => prepare(options(projectFolder({}))))).toHaveLength(1)
  })

  test('is tried on hosts before any login; what a role refuses on one system only waits for their facts', async () => {
    const refusing = (when: string) =>
      WEB.replace('resources: () => []', `resources({ facts }) { if (${when}) throw new Error('not here'); return [] }`)
    const trixie = refusing("facts.os.codename === 'trixie'")
    await prepare(options(projectFolder({ ...FILES, 'roles/web_test/index.ts': trixie })))
    const never = projectFolder({ ...FILES, 'roles/web_test/index.ts': refusing('true') })
    expect(await problemsOf(() => prepare(options(never)))).toEqual([expect.stringContaining('not here')])
  })

  test.each([
    ['inventories/site.yml', '', 'inventories/site.yml:1:1 the file is empty'],
    ['inventories/prod/hosts.yml', 'tiers: {}', 'inventories/prod/hosts.yml:1:1 there is no host in it [tiers]'],
  ])('refuses an empty %s', async (file, text, message) => {
    const root = projectFolder({ ...FILES, 'inventories/prod/group_vars/web.yml': '', [file]: text })
    expect(await problemsOf(() => prepare(options(root)))).toContain(message)
  })
})
