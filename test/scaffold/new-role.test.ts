import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from '../../src/run/prepare.ts'
import { newRole } from '../../src/scaffold/new-role.ts'
import { FACTS } from '../../src/testing/index.ts'
import { projectFolder } from '../project-folder.ts'

const SITE = (role: string) => ({
  'inventories/site.yml': `tiers: [{ name: web, roles: [${role}] }]\n`,
  'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }\n',
})

test.each(['shop', 'shop-worker', 'shop_worker2'])('a role %s to begin with works as it is', async (name) => {
  const root = projectFolder(SITE(name))
  const { made } = await newRole(root, name)
  expect(made).toEqual([
    `roles/${name}/index.ts`,
    `roles/${name}/README.md`,
    `templates/${name}/${name}.conf.ejs`,
    `test/${name}.test.ts`,
  ])
  const { compiler, hosts } = await prepare({ root, inventory: 'prod', limit: [], tags: [], vars: [] })
  const [host] = hosts
  if (host === undefined) throw new Error('no host')
  const { resources, problems } = compiler.compile(host, FACTS)
  expect(problems).toEqual([])
  expect(resources.map(({ key }) => key)).toEqual([`directory:/etc/${name}`, `file:/etc/${name}/${name}.conf`])
})

test('names that are none, built in or taken are refused, and nothing is written', async () => {
  const root = projectFolder({ ...SITE('mine'), 'roles/mine/index.js': '', 'templates/other/other.conf.ejs': '' })
  for (const [name, message] of [
    ['Shop', /no name for a role/],
    ['../shop', /no name for a role/],
    ['nginx', /'nginx' is a built-in role/],
    ['mine', /roles\/mine is there already/],
    ['other', /templates\/other\/other\.conf\.ejs is there already/],
  ] as const) {
    await expect(newRole(root, name)).rejects.toThrow(message)
    expect(existsSync(join(root, 'test'))).toBe(false)
  }
  await expect(newRole(projectFolder({}), 'shop')).rejects.toThrow(/is no project/)
})
