import { describe, expect, test } from 'vitest'
import { createCompiler } from '../../src/catalog/compile.ts'
import { defineRole, type Role } from '../../src/catalog/role.ts'
import type { Facts } from '../../src/facts/facts.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { isSecret, masked, reveal, type Secret, type Text } from '../../src/masking/secret.ts'
import { constructorOf } from '../../src/resources/constructor.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { EMPTY } from '../../src/shell/script.ts'
import { projectFolder, shown } from '../project-folder.ts'

const FACTS: Facts = {
  os: { id: 'debian', versionId: '12', codename: 'bookworm' },
  arch: 'amd64',
  hostname: 'web1',
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 252,
  virtualization: 'kvm',
  defaultInterface: 'eth0',
  addresses: { eth0: ['192.0.2.11'] },
}

interface Note {
  readonly id: string
  readonly text?: Text | undefined
}
const noteKind = (kind: string, groupTogether: boolean): ResourceKind<Note, Note> => ({
  kind,
  groupTogether,
  key: (desired) => desired.id,
  probe: () => EMPTY,
  parse: () => new Map(),
  diff: () => undefined,
  apply: () => EMPTY,
})
const note = constructorOf(noteKind('note', false))
const rule = constructorOf(noteKind('rule', true))

const web = defineRole({
  name: 'web',
  description: 'Test role.',
  vars: {
    web_port: { type: 'integer', description: 'Port.', default: 80 },
    web_password: { type: 'string', description: 'Password of the web.', secret: true },
    web_limits: { type: 'object', description: 'Limits.', default: { files: 10, procs: 5 } },
    web_sites: {
      type: 'array',
      description: 'Sites.',
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: { type: 'string' },
          listen: { type: 'integer', default: 80 },
          token: { type: 'string', secret: true },
        },
      },
    },
    web_label: { type: 'string', description: 'Label.', optional: true },
  },
  resources({ host, vars, group, template }) {
    return [
      note({ id: 'config', text: template('web.conf', { peers: group('web').map((peer) => peer.address) }) }),
      rule({ id: `allow ${vars.web_port}` }),
      note({ id: host.name }),
    ]
  },
})

const base = defineRole({
  name: 'base',
  description: 'Test role.',
  vars: { base_greeting: { type: 'string', description: 'Greeting.', default: 'hi' } },
  resources: () => [note({ id: 'motd' }), rule({ id: 'allow ssh' }), note({ id: 'last of base' })],
})

const FILES = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [base, web] }]',
  'inventories/prod/hosts.yml': `
tiers:
  web:
    hosts:
      web1: { address: 192.0.2.11 }
      web2: { address: 192.0.2.12 }
`,
  'inventories/prod/group_vars/web.yml': 'web_password: hunter22\n',
}

const TEMPLATE = 'port <%= vars.web_port %>\npass <%= vars.web_password %>\npeers <%= peers.join(" ") %>\n'

async function compilerOf(files: Record<string, string>, roles: readonly Role[] = [base, web], text = TEMPLATE) {
  const root = projectFolder({ ...FILES, ...files })
  const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: roles.map((role) => role.name) })
  const compiler = createCompiler({
    inventory,
    roles: new Map(roles.map((role) => [role.name, role])),
    templates: (role, name) => ({ file: `templates/${role}/${name}.ejs`, text }),
  })
  const [host] = inventory.hosts
  if (host === undefined) throw new Error('no host')
  return { compiler, host, inventory }
}

describe('compile', () => {
  test('gives resources in order; kinds that gather stand at the place of their first', async () => {
    const { compiler, host } = await compilerOf({})
    expect(compiler.problems()).toEqual([])
    const { resources, problems } = compiler.compile(host, FACTS)
    expect(problems).toEqual([])
    expect(resources.map(({ key, role }) => `${role} ${key}`)).toEqual([
      'base note:motd',
      'base rule:allow ssh',
      'web rule:allow 80',
      'base note:last of base',
      'web note:config',
      'web note:web1',
    ])
    const config = resources.find(({ key }) => key === 'note:config')?.desired
    const text = (config as Note).text ?? ''
    expect(masked(text)).toBe('port 80\npass ‹secret›\npeers 192.0.2.11 192.0.2.12\n')
    expect(reveal(text)).toContain('pass hunter22\n')
  })

  test('takes only the roles of --tags', async () => {
    const { compiler, host } = await compilerOf({})
    const { resources } = compiler.compile(host, FACTS, { tags: new Set(['base']) })
    expect(new Set(resources.map(({ role }) => role))).toEqual(new Set(['base']))
  })

  test('completes vars: defaults merge, also inside lists; null removes a default; secrets are tainted', async () => {
    let seen: Readonly<Record<string, unknown>> = {}
    const spy: Role = {
      ...web,
      resources: ({ vars }) => {
        seen = vars
        return []
      },
    }
    const { compiler, host } = await compilerOf(
      {
        'inventories/prod/group_vars/web.yml': `
web_password: hunter22
web_limits: { files: 20, procs: ~ }
web_sites: [{ name: a, token: tok-a }, { name: b, listen: 81 }]
`,
      },
      [base, spy],
    )
    expect(compiler.problems()).toEqual([])
    compiler.compile(host, FACTS)
    expect(seen.web_limits).toEqual({ files: 20 })
    expect(isSecret(seen.web_password)).toBe(true)
    expect(JSON.stringify(seen.web_sites)).toBe(
      '[{"name":"a","token":"‹secret›","listen":80},{"name":"b","listen":81}]',
    )
    expect('web_label' in seen).toBe(false)
  })

  test('reports vars once for all hosts, with the place and the nearest name, and never a secret', async () => {
    const { compiler } = await compilerOf({
      'inventories/prod/group_vars/all.yml': `
web_prot: 1
web_port: eighty
web_password: [hunter22]
web_sites:
  - { name: a, lissten: 1 }
  - {}
`,
      'inventories/prod/group_vars/web.yml': '',
      'inventories/prod/host_vars/web2.yml': 'web_port: 1.5',
    })
    expect(shown(compiler.problems()).join('\n')).toMatchSnapshot()
  })

  test('reports a var that must be given, with its meaning and where to set it', async () => {
    const { compiler } = await compilerOf({ 'inventories/prod/group_vars/web.yml': '' })
    expect(shown(compiler.problems())).toEqual([
      "inventories/site.yml:1:9 'web_password' (Password of the web) is not set for web1, web2; role 'web' needs it (set it: provision secrets set -i prod group_vars/web web_password)",
    ])
  })

  test('names both roles of a key that is there twice and is not alike', async () => {
    const twin: Role = { ...web, vars: {}, resources: () => [note({ id: 'motd', text: 'other' })] }
    const { compiler, host } = await compilerOf({ 'inventories/prod/group_vars/web.yml': '' }, [base, twin])
    expect(shown(compiler.compile(host, FACTS).problems)).toEqual([
      "note:motd is declared by role 'base' and by role 'web', and they differ in text (not set, other) (declare it alike in both, or in one of them only)",
    ])
  })

  test.each([
    ["group('wbe')", (input: Parameters<Role['resources']>[0]) => input.group('wbe')],
    ['its own error', () => Promise.reject],
  ])('makes a problem of what a role throws: %s', async (name, body) => {
    const broken: Role = {
      ...web,
      vars: {},
      resources: (input) => {
        body(input)
        throw new Error('boom')
      },
    }
    const { compiler, host } = await compilerOf({ 'inventories/prod/group_vars/web.yml': '' }, [base, broken])
    const [problem] = shown(compiler.compile(host, FACTS).problems)
    expect(problem).toBe(
      name === 'its own error'
        ? "role 'web': boom"
        : "role 'web': group('wbe'): there is no such tier or group (did you mean 'web'?)",
    )
  })

  test('points at the line of a template', async () => {
    const { compiler, host } = await compilerOf({}, [base, web], 'ok\n<%= vars.web_label %>\n')
    expect(shown(compiler.compile(host, FACTS).problems)).toEqual([
      "templates/web/web.conf.ejs:2:1 role 'web': template: 'vars.web_label' is not set (<%= vars.web_label %>)",
    ])
  })

  test("gives peers with their roles' defaults, secrets tainted for roles of other tiers too", async () => {
    let peers: readonly { name: string; vars: Readonly<Record<string, unknown>> }[] = []
    const lb: Role = {
      name: 'lb',
      description: 'Test role.',
      vars: { lb_key: { type: 'string', description: 'Key.', secret: true } },
      resources: ({ group }) => {
        peers = group('web')
        return []
      },
    }
    const { compiler, inventory } = await compilerOf(
      {
        'inventories/site.yml': 'tiers: [{ name: web, roles: [web] }, { name: lb, roles: [lb] }]',
        'inventories/prod/hosts.yml':
          'tiers: { web: { hosts: { w: { address: a } } }, lb: { hosts: { l: { address: b } } } }',
        'inventories/prod/group_vars/all.yml': 'lb_key: topsecret',
      },
      [base, web, lb],
    )
    expect(compiler.problems()).toEqual([])
    const host = inventory.hosts[1]
    if (host) compiler.compile(host, FACTS)
    expect(peers.map((peer) => peer.name)).toEqual(['w'])
    expect(peers[0]?.vars).toMatchObject({ web_port: 80, web_limits: { files: 10, procs: 5 } })
    expect(reveal(peers[0]?.vars.lb_key as Secret)).toBe('topsecret')
    expect(JSON.stringify(peers)).not.toMatch(/topsecret|hunter22/)
  })

  test('compiles 500 hosts well within a second', async () => {
    const hosts = Array.from({ length: 500 }, (_, i) => ` h${i}: { address: 10.0.${i >> 8}.${i & 255} }`)
    const { compiler, inventory } = await compilerOf({
      'inventories/prod/hosts.yml': `tiers: { web: { hosts: {\n${hosts.join(',\n')}\n } } }`,
    })
    // Of this process: what else the machine does meanwhile is not in it.
    const start = process.cpuUsage()
    expect(compiler.problems()).toEqual([])
    const count = inventory.hosts.map((host) => compiler.compile(host, FACTS).resources.length)
    const { user, system } = process.cpuUsage(start)
    const ms = (user + system) / 1000
    expect(count).toEqual(Array.from({ length: 500 }, () => 6))
    expect(ms).toBeLessThan(2000)
  })
})
