import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { takeKeySources } from '../../src/inventory/sops/identities.ts'
import { prepare } from '../../src/run/prepare.ts'
import { hostsOf } from '../../src/scaffold/answers.ts'
import { initProject, type NewProject } from '../../src/scaffold/init.ts'
import { staleSchemas } from '../../src/scaffold/schema-files.ts'
import { FACTS } from '../../src/testing/index.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2n8hI7ZtA5SYlkFl1T0Mnwv4yVwyYdO6P4wLzHo1Pq me: # 1'

const project = (root: string, over: Partial<NewProject> = {}): NewProject => ({
  root,
  inventory: 'prod',
  hosts: hostsOf(['web1=192.0.2.11', 'web2=192.0.2.12', 'db1=2001:db8::1']),
  user: 'deploy',
  timezone: 'Europe/Berlin',
  contact: "the team: ops # 'here'",
  ...over,
})

async function made(over: Partial<NewProject> = {}, files: Readonly<Record<string, string>> = {}) {
  const root = projectFolder(files)
  const home = projectFolder({})
  const said: string[] = []
  const done = await initProject(project(root, over), takeKeySources({}, home), (line) => said.push(line))
  return { root, home, said, ...done }
}

async function compiled(root: string, inventory = 'prod') {
  const { compiler, hosts } = await prepare({ root, inventory, limit: [], tags: [], vars: [] })
  return hosts.map((host) => ({ host, ...compiler.compile(host, { ...FACTS, hostname: host.name }) }))
}

const textsOf = (root: string): Map<string, string> =>
  new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'utf8')]),
  )

describe('provision init', () => {
  test('makes a project that compiles for every host', async () => {
    const { root, kept } = await made({ admin: { name: 'ada', keys: [KEY] }, port: 2222, identityFile: '~/.ssh/a b' })
    expect(kept).toEqual([])
    const hosts = await compiled(root)
    expect(hosts.map(({ host }) => [host.name, host.tier, host.address])).toEqual([
      ['web1', 'web', '192.0.2.11'],
      ['web2', 'web', '192.0.2.12'],
      ['db1', 'db', '2001:db8::1'],
    ])
    for (const { host, resources, problems } of hosts) {
      expect(problems).toEqual([])
      const desired = (key: string) => resources.find((one) => one.key === key)?.desired
      expect(desired('file:/etc/motd')).toMatchObject({
        content: expect.stringMatching(new RegExp(`^This is ${host.name} .*\nAsk the team: ops # 'here'\\.\n$`)),
      })
      expect(desired('authorized-key:ada')).toMatchObject({ keys: [expect.stringContaining('me: # 1')] })
      expect(host.connection).toMatchObject({ user: 'deploy', port: 2222 })
      expect(host.connection.identityFile).toContain('/.ssh/a b')
    }
  })

  test('its files say by which schema they are checked, and hold to it; the schema knows the first role', async () => {
    const { root } = await made({ admin: { name: 'ada', keys: [KEY] } })
    const ajv = new Ajv({ strict: false, inlineRefs: false, code: { optimize: false } })
    const schema = (name: string): object => JSON.parse(readFileSync(join(root, 'schema', name), 'utf8'))
    ajv.addSchema(schema('group_vars.json'), 'group_vars.json')
    for (const file of ['prod/hosts.yml', 'site.yml', 'prod/group_vars/all.yml'].map((one) => `inventories/${one}`)) {
      const text = readFileSync(join(root, file), 'utf8')
      const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
      const path = join(root, file, '..', named)
      expect(existsSync(path), path).toBe(true)
      expect(ajv.validate(JSON.parse(readFileSync(path, 'utf8')), parse(text)), ajv.errorsText()).toBe(true)
    }
    expect(schema('group_vars.json')).toHaveProperty('properties.motd_contact.description')
    expect(schema('group_vars.json')).toHaveProperty('properties.nginx_sites')
    expect(ajv.validate('group_vars.json', { motd_contact: 3 })).toBe(false)
    expect(await staleSchemas(root)).toEqual(new Map())
  })

  test('the age key is outside of the project, and the one that is there is used', async () => {
    const { root, home } = await made()
    const key = readFileSync(join(home, '.config/sops/age/keys.txt'), 'utf8')
    expect(key).toMatch(/^AGE-SECRET-KEY-1/m)
    const [, recipient = ''] = /public key: (\S+)/.exec(key) ?? []
    expect(readFileSync(join(root, '.sops.yaml'), 'utf8')).toContain(recipient)
    for (const [path, text] of textsOf(root)) expect(text, path).not.toContain('AGE-SECRET-KEY-1')
    const other = projectFolder({})
    await initProject(project(other), takeKeySources({}, home), () => undefined)
    expect(readFileSync(join(home, '.config/sops/age/keys.txt'), 'utf8')).toBe(key)
    expect(readFileSync(join(other, '.sops.yaml'), 'utf8')).toContain(recipient)
  })

  test('a second time it writes nothing over, and brings back what is missing', async () => {
    const { root, home } = await made()
    const mine = ['package.json', 'inventories/site.yml', 'inventories/prod/hosts.yml', '.sops.yaml'] as const
    writeFileSync(join(root, mine[0]), '{"name":"mine","type":"commonjs","scripts":{"test":"true"}}')
    writeFileSync(join(root, mine[1]), 'tiers: [{ name: web, roles: [base] }]\n')
    writeFileSync(join(root, mine[2]), 'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }\n')
    writeFileSync(join(root, mine[3]), 'creation_rules: []\n')
    appendFileSync(join(root, 'roles/motd/index.ts'), '// mine\n')
    rmSync(join(root, '.gitignore'))
    const before = textsOf(root)
    const refused = () => initProject(project(root), takeKeySources({}, home), () => undefined)
    expect(await problemsOf(refused)).toEqual([
      "inventories/prod/hosts.yml is there already: hosts can't be given (add the hosts to it, or name another inventory: --inventory)",
    ])
    expect(textsOf(root)).toEqual(before)
    const { made: anew } = await initProject(project(root, { hosts: [] }), takeKeySources({}, home), () => undefined)
    expect(anew).toEqual(['package.json (completed)', '.gitignore'])
    const others = (texts: Map<string, string>) =>
      [...texts].filter(([path]) => !/package\.json$|\.gitignore$/.test(path))
    expect(others(textsOf(root))).toEqual(others(before))
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).toMatchObject({
      name: 'mine',
      type: 'commonjs',
      scripts: { test: 'true' },
      dependencies: { provision: expect.any(String) },
    })
  })

  test('beside an inventory that somebody imported it writes the site for its tiers, with the first role', async () => {
    const { root, made: files } = await made(
      { hosts: [] },
      { 'inventories/prod/hosts.yml': 'tiers: { edge: { hosts: { e1: { address: 192.0.2.1 } } } }\n' },
    )
    expect(files).not.toContain('inventories/prod/hosts.yml')
    expect((await compiled(root)).map(({ host }) => host.tier)).toEqual(['edge'])
  })

  test('beside a site that is there it adds no role, and no var that no role has', async () => {
    const { root, made: files } = await made(
      {},
      { 'inventories/site.yml': 'tiers: [{ name: web, roles: [ufw] }, { name: db, roles: [] }]\n' },
    )
    expect(files.filter((file) => file.includes('motd'))).toEqual([])
    expect(await compiled(root)).toHaveLength(3)
  })

  test('a second inventory fits the first', async () => {
    const { root, home } = await made()
    const staging = { inventory: 'staging', hosts: hostsOf(['web1=198.51.100.1']) }
    const { made: files } = await initProject(project(root, staging), takeKeySources({}, home), () => undefined)
    expect(files).toEqual(['inventories/staging/hosts.yml', 'inventories/staging/group_vars/all.yml'])
    expect(await compiled(root, 'staging')).toHaveLength(1)
  })
})
