import { chmodSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { packageRoot } from '../../src/catalog/package-root.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { projectFolder } from '../project-folder.ts'

const page = readFileSync(join(packageRoot(), 'docs/sources.md'), 'utf8')
const recorded = (name: string) => readFileSync(join(packageRoot(), 'test/fixtures/sources', name), 'utf8')

/** The example of this name, as it stands on the page. */
function example(name: string): string {
  const found = page.split('```ts\n').find((block) => block.startsWith(`// example: ${name}\n`))
  if (found === undefined) throw new Error(`docs/sources.md has no example ${name}`)
  return found.slice(0, found.indexOf('```'))
}

const before = { ...process.env }
afterEach(() => {
  for (const name of ['PATH', 'NETBOX_API', 'NETBOX_TOKEN']) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
})

/** A project whose hosts come of this file; programs on its path answer with what was recorded. */
function project(source: string, text: string, programs: Readonly<Record<string, string>> = {}): string {
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [] }, { name: db, roles: [] }]',
    [`inventories/prod/${source}`]: text,
    ...Object.fromEntries(Object.entries(programs).map(([name, script]) => [`bin/${name}`, `#!/bin/sh\n${script}\n`])),
  })
  for (const name of Object.keys(programs)) chmodSync(join(root, 'bin', name), 0o755)
  if (source === 'hosts') chmodSync(join(root, 'inventories/prod/hosts'), 0o755)
  process.env.PATH = `${root}/bin:${before.PATH}`
  return root
}

async function hostsOf(root: string): Promise<string[]> {
  const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: [] })
  return inventory.hosts.map(({ tier, name, address, groups }) =>
    `${tier} ${name} ${address} ${groups.join(' ')}`.trim(),
  )
}
const answering = (file: string) => `cat <<'END'\n${recorded(file)}\nEND`

describe('docs/sources.md', () => {
  test('Terraform', async () => {
    const terraform = `case $* in -chdir=*/infra' show -json') ;; *) exit 9 ;; esac\n${answering('terraform-show.json')}`
    const real = project('hosts.ts', example('terraform'), { terraform })
    expect(await hostsOf(real)).toEqual(['web web1 192.0.2.11 eu canary', 'db db1 192.0.2.51'])
  })

  test('NetBox, page by page', async () => {
    const pages = JSON.parse(recorded('netbox-pages.json')) as { next: string | null }[]
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`)
      const found = pages[asked.length - 1]
      const next = found?.next === null ? null : `${process.env.NETBOX_API}${found?.next}`
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...found, next }))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    try {
      const root = project('hosts.ts', example('netbox'))
      process.env.NETBOX_API = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      process.env.NETBOX_TOKEN = 'abc'
      expect(await hostsOf(root)).toEqual(['web web1 192.0.2.11 ams canary', 'db db1 192.0.2.51'])
      expect(asked).toEqual([
        'Token abc /api/virtualization/virtual-machines/?status=active&limit=500',
        'Token abc /api/virtualization/virtual-machines/?limit=2&offset=2&status=active',
      ])
    } finally {
      await new Promise((done) => server.close(done))
    }
  })

  test("a cloud's command line", async () => {
    const aws = `[ "$1 $2" = 'ec2 describe-instances' ] || exit 9\n${answering('aws-describe-instances.json')}`
    expect(await hostsOf(project('hosts.ts', example('aws'), { aws }))).toEqual([
      'web web1 192.0.2.11 eu-central-1a',
      'db db1 192.0.2.51 eu-central-1b',
    ])
  })

  test('whatever ansible-inventory reads', async () => {
    const script = page.split('```sh\n')[1]?.split('```')[0] ?? ''
    const ansible = `[ "$*" = '-i ../../ansible/inventory.yml --list --export' ] || exit 9\n${answering('ansible-netbox.json')}`
    expect(await hostsOf(project('hosts', script, { 'ansible-inventory': ansible }))).toEqual([
      'web web1 192.0.2.11 sites_ams tags_canary',
      'db db1 192.0.2.51 sites_ams',
    ])
  })
})
