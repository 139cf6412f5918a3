import { describe, expect, test } from 'vitest'
import app from '../../roles/app/index.ts'
import haproxy from '../../roles/haproxy/index.ts'
import nginx from '../../roles/nginx/index.ts'
import { createCompiler } from '../../src/catalog/compile.ts'
import { packageRoot } from '../../src/catalog/package-root.ts'
import type { Role } from '../../src/catalog/role.ts'
import { templateLookup } from '../../src/catalog/templates.ts'
import { loadInventory } from '../../src/inventory/load.ts'
import { aroundChanges } from '../../src/rollout/around.ts'
import { projectFolder } from '../project-folder.ts'
import { FACTS } from './compiled.ts'

const APP = {
  app_name: 'shop',
  app_version: '2',
  app_artifact: { path: 'dist/shop.tar.gz', sha256: 'a'.repeat(64) },
  app_exec: '/usr/bin/python3 app.py',
  app_port: 3000,
  app_firewall: false,
  app_allow_from_tiers: [],
  nginx_firewall: false,
  nginx_allow_from_tiers: [],
  nginx_real_ip_from_tiers: [],
  nginx_sites: [{ name: 'shop', server_name: ['shop.test'], locations: [{ path: '/', proxy: 'shop' }] }],
}
const BACKENDS = { haproxy_backends: [{ name: 'web', tier: 'web', port: 80 }] }

/** What is done around a new release on web1, where app and nginx share hosts. */
async function around(upstream: object, { vars = {}, balanced = false } = {}) {
  const root = projectFolder({
    'inventories/site.yml': JSON.stringify({
      tiers: [
        { name: 'web', roles: ['app', 'nginx'] },
        ...(balanced ? [{ name: 'lb', roles: ['haproxy'], vars: BACKENDS }] : []),
      ],
    }),
    'inventories/test/hosts.yml': JSON.stringify({
      tiers: {
        web: { hosts: { web1: { address: '192.0.2.11' }, web2: { address: '192.0.2.12' } } },
        ...(balanced && { lb: { hosts: { lb1: { address: '192.0.2.21' } } } }),
      },
    }),
    'inventories/test/group_vars/web.yml': JSON.stringify({ ...APP, nginx_upstreams: [upstream], ...vars }),
  })
  const { inventory } = await loadInventory({ root, name: 'test', knownRoles: ['app', 'nginx', 'haproxy'] })
  const roles = new Map<string, Role>([
    ['app', app],
    ['nginx', nginx],
    ['haproxy', haproxy],
  ])
  const compiler = createCompiler({ inventory, roles, templates: templateLookup(packageRoot()) })
  const [host] = inventory.hosts
  if (host === undefined) throw new Error('no host')
  const { rollouts, problems } = compiler.compile(host, FACTS)
  expect(problems).toEqual([])
  const release = { key: 'release:shop', role: 'app', action: 'update', fields: [{ field: 'version' }] }
  const { due, exposed, first } = aroundChanges(rollouts, [release], [], [])
  return {
    drain: due.takeOut.flatMap((rollout) => (rollout.drain ?? []).map(({ name, on }) => [name, on])),
    exposed,
    first: first.map((one) => one.host),
  }
}

describe('app and nginx on one host', () => {
  const ALONE = { name: 'shop', servers: [{ addr: '127.0.0.1:3000' }] }

  test('C31: the web server is taken out of the load balancers where its nginx has this program alone', async () => {
    const { drain, exposed } = await around(ALONE, { balanced: true })
    expect(drain).toEqual([
      ['out of backend web', ['lb1']],
      ['/healthz answers 503', undefined],
    ])
    expect(exposed).toEqual([])
  })

  test('C31: where nothing balances the web server, the plan says that requests fail', async () => {
    expect(await around(ALONE)).toMatchObject({ drain: [], exposed: ['release:shop'] })
    expect(await around({ name: 'shop', servers: [{ addr: 'localhost:3000' }] })).toMatchObject({
      exposed: ['release:shop'],
    })
  })

  test('C31: the program is taken out of an upstream that has others beside it, by whichever address', async () => {
    const both = { name: 'shop', servers: [{ addr: '127.0.0.1:3000' }, { addr: '192.0.2.12:3000', backup: true }] }
    const { drain, exposed } = await around(both)
    expect(drain.map(([name, on]) => [name, on])).toEqual([
      ['out of the upstreams', ['web1']],
      ['no web server is connected', undefined],
    ])
    expect(exposed).toEqual([])
    const byAddress = { name: 'shop', servers: [{ addr: '192.0.2.11:3000' }, { addr: '192.0.2.12:3000' }] }
    expect((await around(byAddress)).drain[0]).toEqual(['out of the upstreams', ['web1', 'web2']])
  })

  test('C32: an upstream by tier has the host drained on every web server of the tier, itself included', async () => {
    const { drain, exposed } = await around({ name: 'shop', tier: 'web', port: 3000 })
    expect(drain[0]).toEqual(['out of the upstreams', ['web1', 'web2']])
    expect(exposed).toEqual([])
  })

  test('migrations are done on the first host of the tier, or on the one that is named, before any other', async () => {
    const vars = { app_migrate_cmd: '/bin/true' }
    expect((await around(ALONE, { vars })).first).toEqual(['web1'])
    expect((await around(ALONE, { vars: { ...vars, app_migrate_on: 'web2' } })).first).toEqual(['web2'])
    expect((await around(ALONE)).first).toEqual([])
  })
})
