import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { subnetOf, writeInventory } from '../../src/lab/inventory.ts'
import { adHocSpecs } from '../../src/lab/spec.ts'
import { copyInventory, readHosts } from './inventory.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lab-inventory-'))
  await mkdir(join(root, 'inventories/lab/group_vars'), { recursive: true })
  await writeFile(join(root, 'inventories/site.yml'), 'tiers: []\n')
  await writeFile(
    join(root, 'inventories/lab/hosts.yml'),
    `# said once
connection: { known_hosts: ../../.lab/lab/known_hosts }
tiers:
  web:
    hosts:
      a: { address: 10.77.0.11, connection: { user: root } }
      b: { address: 10.77.0.12, connection: { user: deploy, become_password_file: ../../.lab/lab/become_password } }
      c: { address: 10.77.0.13, connection: { user: deploy } }
`,
  )
  await writeFile(join(root, 'inventories/lab/group_vars/all.yml'), 'sources: [10.77.0.0/24, "from 10.77.0.1"]\n')
})

afterEach(() => rm(root, { recursive: true, force: true }))

it('reads who logs in and how they become root', async () => {
  const hosts = await readHosts(join(root, 'inventories/lab'))
  expect(hosts.map(({ name, user, sudo }) => [name, user, sudo])).toEqual([
    ['a', 'root', 'none'],
    ['b', 'deploy', 'password'],
    ['c', 'deploy', 'nopasswd'],
  ])
  expect(subnetOf(hosts)).toBe('10.77.0')
})

it('copies an inventory to another network and folder', async () => {
  const dir = join(root, '.lab/foo')
  const to = await copyInventory(join(root, 'inventories/lab'), dir, '10.78.0')
  const text = await readFile(join(to, 'hosts.yml'), 'utf8')
  expect(text).toContain('# said once')
  expect(text).toContain('../known_hosts')
  expect(text).not.toContain('10.77.')
  expect((await readHosts(to)).map((host) => host.address)).toEqual(['10.78.0.11', '10.78.0.12', '10.78.0.13'])
  const all = await readFile(join(to, 'group_vars/all.yml'), 'utf8')
  expect(all).toContain('10.78.0.0/24')
  expect(all).toContain('from 10.78.0.1')
  expect(await readFile(join(to, 'site.yml'), 'utf8')).toBe('tiers: []\n')
})

it('describes hosts that had no inventory', async () => {
  const hosts = adHocSpecs([{ name: 'x' }, { name: 'y', tier: 'db', user: 'deploy', sudo: 'password' }], '10.80.0')
  const to = await writeInventory(hosts, join(root, '.lab/bench'))
  expect(await readHosts(to)).toEqual(hosts)
})
