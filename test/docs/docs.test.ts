import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fieldsOfConstructors } from '../../scripts/constructors.ts'
import { findRoles } from '../../src/catalog/load-roles.ts'
import * as exported from '../../src/index.ts'
import { takeKeySources } from '../../src/inventory/sops/identities.ts'
import { prepare } from '../../src/run/prepare.ts'
import { rawScript } from '../../src/shell/script.ts'
import { ensureOpenssl } from '../lab/certificates.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'
import { plan, run } from '../resources/converge.ts'
import { rulesAndTests } from '../roles/prometheus/rendered.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
]

/** The files of a page: a line that begins with a path in backticks, then the fenced text. */
function filesOf(page: string): Record<string, string> {
  const blocks = read(page).matchAll(/^`([\w./-]+\.\w+)`.*\n\n```\w*\n([\s\S]*?)^```$/gm)
  return Object.fromEntries([...blocks].map(([, path, text]) => [path, text ?? '']))
}

/** What a project of these files comes to: the resources of its hosts. */
const resourcesOf = (files: Record<string, string>): Promise<string[]> => resourcesIn(projectFolder(files))

async function resourcesIn(root: string, ageKeys?: ReturnType<typeof takeKeySources>): Promise<string[]> {
  const all = await compiledIn(root, ageKeys)
  return all.flatMap(({ host, resources }) => resources.map(({ key }) => `${host} ${key}`))
}

async function compiledIn(root: string, ageKeys?: ReturnType<typeof takeKeySources>) {
  const { compiler, hosts } = await prepare({ root, inventory: 'prod', limit: [], tags: [], vars: [], ageKeys })
  return hosts.map((host) => {
    const facts = {
      os: { id: 'debian', versionId: '13', codename: 'trixie' },
      arch: 'amd64',
      hostname: host.name,
      cpus: 2,
      memoryMiB: 2048,
      openFiles: 1_048_576,
      systemd: 257,
      virtualization: 'none',
      defaultInterface: 'eth0',
      addresses: { eth0: [host.address] },
    }
    return { host: host.name, resources: compiler.compile(host, facts).resources }
  })
}

interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly for?: string
  readonly labels?: { readonly severity: string }
}

describe('the pages', () => {
  test.each(PAGES)('%s: every link into the project leads somewhere', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '')
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([])
  })

  test('the project of the README works as it stands there, with the commands that it tells', async () => {
    const files = filesOf('README.md')
    expect(Object.keys(files)).toHaveLength(5)
    const root = projectFolder({ ...files, 'app/main.py': 'print()\n' })
    const home = projectFolder({})
    const env = { PATH: process.env.PATH, HOME: home, NO_COLOR: '1' }
    const cli = await program()
    const block = /^Then, with the program in.*\n\n((?: {4}.*\n)+)/m.exec(read('README.md'))?.[1] ?? ''
    const commands = block
      .split('\n')
      .flatMap((line) => /^ {4}npx provision ((?:release|secrets) .*?)(?: {2,}#.*)?$/.exec(line)?.[1] ?? [])
    expect(commands).toHaveLength(4)
    for (const command of commands) {
      execFileSync(process.execPath, [cli, ...command.split(' ')], { cwd: root, env, input: 'hunter22\n' })
    }
    const resources = await resourcesIn(root, takeKeySources({}, home))
    expect(resources).toContain('web1 release:shop')
    expect(resources).toContain('web2 file:/srv/shop/config/credentials/db_password')
    expect(resources).toContain('web2 file-set:nginx')
  })

  test('the role of docs/roles.md works as it stands there', async () => {
    const resources = await resourcesOf({
      ...filesOf('docs/roles.md'),
      'inventories/site.yml': 'tiers: [{ name: web, roles: [shop] }, { name: db, roles: [] }]',
      'inventories/prod/hosts.yml':
        'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } }, db: { hosts: { db1: { address: 192.0.2.2 } } } }',
      'inventories/prod/group_vars/all.yml': 'shop_password: hunter22',
    })
    expect(resources).toContain('web1 file:/etc/shop/env')
    expect(resources).toContain('web1 ufw:in proto tcp from 192.0.2.1 to any port 8080')
  })

  test('the kind of docs/roles.md works as it stands there', async () => {
    const root = projectFolder({
      ...filesOf('docs/roles.md'),
      'roles/named/index.ts': [
        "import { defineRole } from 'provision'",
        "import { hostname } from '../shop/hostname.ts'",
        "const resources = () => [hostname({ name: 'other' })]",
        "export default defineRole({ name: 'named', description: 'Its name.', vars: {}, resources })",
      ].join('\n'),
      'inventories/site.yml': 'tiers: [{ name: web, roles: [named] }]',
      'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }',
    })
    const [resource] = (await compiledIn(root)).flatMap(({ resources }) => resources)
    if (resource?.key !== 'hostname:own') throw new Error('the kind is not there')
    const { kind, desired } = resource
    const [change] = plan(kind, [desired])
    expect(change?.fields[0]).toEqual({ field: 'live', from: hostname(), to: 'other' })
    const here = plan(kind, [{ name: hostname() }]).flatMap(({ fields }) => fields.map(({ field }) => field))
    expect(here).not.toContain('live')
    const stubs = 'hostnamectl() { echo "$@"; }\nsync() { :; }\n'
    const ran = run(rawScript(`${stubs}${change && kind.apply([change]).sh}`))
    expect(ran).toEqual({ status: 0, output: 'set-hostname -- other' })
  })

  test('docs/roles.md has every constructor that roles can import', () => {
    const others = ['constructorOf', 'defineRole', 'handler', 'reload', 'restart', 'restartHealthy', 'daemonReload']
    const tools =
      /^(is[A-Z]|[A-Z]|mask|reveal|secret|quote|sh$|rawScript|joinScripts|ipFamily|tier(Addresses|Members)|listedOr(Tier|Any)|management(Socket|Listener)|parseSocket|socketOf|nameHint|keyOf|contract$|clientAddresses|listeningAddress)/
    const kinds = Object.keys(exported).filter((name) => !tools.test(name) && !others.includes(name))
    const page = read('docs/roles.md')
    expect(kinds.length).toBeGreaterThan(10)
    expect(
      kinds.filter((name) => !page.includes(`| \`${name}\` |`) && !page.includes(`| [\`${name}\`](kinds.md#`)),
    ).toEqual([])
  })

  test('docs/kinds.md has a section for every kind, and no page for users leads into the sources', () => {
    const page = read('docs/kinds.md')
    const names = fieldsOfConstructors().map(([name]) => name)
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter((name) => !new RegExp(`^## \`${name}\`\n\n[A-Z]`, 'm').test(page))).toEqual([])
    const pages = PAGES.filter((file) => !/^CONTRIBUTING|architecture|decisions/.test(file))
    expect(pages.filter((file) => /\]\((?:\.\.\/)*src\//.test(read(file)))).toEqual([])
  })

  test('the README has every built-in role', async () => {
    const page = read('README.md')
    const roles = [...(await findRoles(ROOT)).keys()]
    expect(roles.length).toBeGreaterThan(10)
    expect(roles.filter((name) => !page.includes(`[${name}](roles/${name}/README.md)`))).toEqual([])
  })

  test('docs/monitoring.md has every series and every alert, with its severity and its patience', async () => {
    const page = read('docs/monitoring.md')
    const files = await rulesAndTests()
    const rules = (name: string): Rule[] => parse(files.get(`rules/${name}.yml`) ?? '').groups[0].rules
    const series = rules('recording').map(({ record }) => record)
    expect(series.length).toBeGreaterThan(10)
    expect(series.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
    const rows = [...page.matchAll(/^\| `([A-Z]\w+)` \| (\w+) \| (\w+) \| \S/gm)].map(([, ...row]) => row.join(' '))
    expect(rows).toEqual(rules('alerts').map((rule) => `${rule.alert} ${rule.labels?.severity} ${rule.for}`))
  })

  test('docs/database.md: its commands make certificates that strict verifiers take', async () => {
    await ensureOpenssl()
    const commands = /```sh\n([\s\S]*?)```/.exec(read('docs/database.md'))?.[1] ?? ''
    const dir = projectFolder({ 'make.sh': `set -eu\nprovision() { cat >/dev/null; }\n${commands}` })
    const run = (...args: [string, ...string[]]) => execFileSync(args[0], args.slice(1), { cwd: dir, stdio: 'pipe' })
    run('sh', 'make.sh')
    run('openssl', 'verify', '-x509_strict', '-CAfile', 'ca.pem', 'db1.pem', 'db2.pem', 'db3.pem')
    expect(new X509Certificate(readFileSync(join(dir, 'db3.pem'))).subjectAltName).toBe(
      'DNS:db3, IP Address:192.0.2.53',
    )
  })

  test('docs/troubleshooting.md explains every code of an error', () => {
    const union = /export type ErrorCode =\n([\s\S]*?)\n\n/.exec(read('src/errors.ts'))?.[1] ?? ''
    const codes = [...union.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, code]) => code)
    const page = read('docs/troubleshooting.md')
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([])
  })
})
