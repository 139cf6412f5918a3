import { describe, expect, test } from 'vitest'
import { prepare } from '../../src/run/prepare.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

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

  test('that is not there, or is a file, is told by its path', async () => {
    const root = projectFolder(FILES)
    for (const nowhere of [`${root}/missing`, `${root}/inventories/site.yml`]) {
      expect(await problemsOf(() => prepare(options(nowhere)))).toEqual([
        `--project: there is no folder ${nowhere} (it is the folder that holds inventories/, roles/ and templates/)`,
      ])
    }
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

  test('C66: what cannot be read is told alone, not with all that is missing for it', async () => {
    const more = { 'inventories/prod/host_vars/web1.yml': '{}\n' }
    const vars = 'inventories/prod/group_vars/web.yml'
    const told = (files: Record<string, string>) => problemsOf(() => prepare(options(projectFolder(files))))
    expect(await told({ ...FILES, ...more, [vars]: 'web_name: x\n  y: [\n' })).toEqual([
      expect.stringMatching(/^inventories\/prod\/group_vars\/web.yml:\d:\d+ not valid YAML: /),
    ])
    expect(await told({ ...FILES, ...more, [vars]: '- web_name\n' })).toEqual([
      'inventories/prod/group_vars/web.yml:1:1 a file of vars must be a mapping of names to values',
    ])
    expect(await problemsOf(() => prepare({ ...options(projectFolder(FILES)), vars: ['web_name={'] }))).toEqual([
      expect.stringContaining('--var web_name: not valid YAML'),
    ])
    const site = 'tiers: [{ name: web, roles: [web_test, web_test] }]\n'
    expect(await told({ ...FILES, ...more, 'inventories/site.yml': site })).toEqual([
      expect.stringContaining("inventories/site.yml:1:40 role 'web_test' is there twice in the tier [tiers.0.roles.1]"),
    ])
  })

  test('C45: a secret that is missing is to be set encrypted, in the narrowest file for all that need it', async () => {
    const root = (tiers: string, hosts: string) =>
      projectFolder({
        'inventories/site.yml': `tiers: [${tiers}]\n`,
        'inventories/prod/hosts.yml': `tiers: { ${hosts} }\n`,
        'roles/web_test/index.ts': WEB.replace("type: 'string'", "type: 'string', secret: true"),
      })
    const web = '{ name: web, roles: [web_test] }'
    const two = 'web: { hosts: { web1: { address: 192.0.2.1 }, web2: { address: 192.0.2.2 } } }'
    expect(await problemsOf(() => prepare(options(root(web, two))))).toEqual([
      "inventories/site.yml:1:9 'web_name' (Name) is not set for web1, web2; role 'web_test' needs it (set it: provision secrets set -i prod group_vars/web web_name)",
    ])
    const db = 'db: { hosts: { db1: { address: 192.0.2.3 } } }'
    const both = root(`${web}, { name: db, roles: [web_test] }`, `${two}, ${db}`)
    expect(await problemsOf(() => prepare(options(both)))).toEqual([
      "inventories/site.yml:1:9 'web_name' (Name) is not set for web1, web2, db1; role 'web_test' needs it (set it: provision secrets set -i prod group_vars/all web_name)",
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

describe('hosts that a run leaves out', () => {
  const counting = (hosts: number, rollout: string) => ({
    ...FILES,
    'inventories/prod/hosts.yml': JSON.stringify({
      tiers: {
        web: {
          hosts: Object.fromEntries(Array.from({ length: hosts }, (_, i) => [`web${i}`, { address: `web${i}` }])),
        },
      },
    }),
    'roles/web_test/index.ts': `
import { command, defineRole, sh } from 'provision'
export default defineRole({
  name: 'web_test',
  description: 'Test role.',
  vars: { web_name: { type: 'string', description: 'Name.' } },
  resources({ host }) {
    globalThis.triedHosts?.push(host.name)
    return [command({ name: 'on ' + host.name, run: sh\`true\` })]
  },
  rollout: () => ({ disruptive: ['${rollout}'] }),
})
`,
  })
  const tried = async (hosts: number, rollout: string): Promise<{ names: unknown[]; problems: readonly string[] }> => {
    const names: unknown[] = []
    Reflect.set(globalThis, 'triedHosts', names)
    try {
      const root = projectFolder(counting(hosts, rollout))
      return { problems: await problemsOf(() => prepare({ ...options(root), limit: ['web0'] })), names }
    } finally {
      Reflect.deleteProperty(globalThis, 'triedHosts')
    }
  }

  test.each([5, 50, 500])('of %i hosts, roles are tried on the one of the run', async (hosts) => {
    expect(await tried(hosts, 'command:on web0')).toEqual({ names: ['web0'], problems: [] })
  })

  test('are looked at where a key that a rollout names leads nowhere on the others', async () => {
    expect(await tried(3, 'command:on web2')).toEqual({ names: ['web0', 'web1', 'web2'], problems: [] })
    const { problems } = await tried(3, 'command:on wbe2')
    expect(problems).toEqual([expect.stringMatching(/'command:on wbe2'.*did you mean 'command:on web2'/)])
  })
})
