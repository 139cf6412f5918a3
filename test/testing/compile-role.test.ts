import { describe, expect, it } from 'vitest'
import haproxy from '../../roles/haproxy/index.ts'
import nginx from '../../roles/nginx/index.ts'
import prometheus from '../../roles/prometheus/index.ts'
import { defineRole } from '../../src/catalog/role.ts'
import { isSecret } from '../../src/masking/secret.ts'
import { scrape } from '../../src/products/prometheus/contracts.ts'
import { file } from '../../src/resources/file.ts'
import { restart } from '../../src/resources/handlers.ts'
import { service } from '../../src/resources/service/service.ts'
import { sh } from '../../src/shell/script.ts'
import { compileRole } from '../../src/testing/index.ts'
import { projectFolder } from '../project-folder.ts'

const shop = defineRole({
  name: 'shop',
  description: 'Of a user.',
  vars: {
    shop_port: { type: 'integer', description: 'Port.', default: 8080 },
    shop_password: { type: 'string', secret: true, description: 'Password.' },
  },
  provides: ({ vars }) => [scrape.of({ job: 'shop', port: vars.shop_port })],
  resources: ({ host, facts, group, template }) => [
    file({
      path: '/etc/shop/env',
      content: template('env', { cpus: facts.cpus, db: group('db').map(({ address }) => address) }),
      validate: sh`grep -q ${host.name} "$file"`,
      notify: [restart('shop')],
    }),
    [service({ name: 'shop', state: 'started' })],
  ],
  rollout: () => ({ disruptive: [restart('shop')], requiredServices: [service({ name: 'shop' })] }),
})

const root = () =>
  projectFolder({
    'templates/shop/env.ejs':
      'HOST=<%= host.name %>\nCPUS=<%= cpus %>\nDB=<%= db.join(",") %>\nPASSWORD=<%= vars.shop_password %>\n',
  })
const PEERS = [{ name: 'db1', tier: 'db', address: '192.0.2.51' }]
const VARS = { shop_password: 'hunter22' }

describe('compileRole', () => {
  it('gives what a role declares, with its vars complete, its templates rendered and its peers there', () => {
    const tried = compileRole(shop, { vars: VARS, facts: { cpus: 4 }, peers: PEERS, root: root() })
    expect(tried.problems).toEqual([])
    expect(tried.keys).toEqual(['file:/etc/shop/env', 'service:shop.service'])
    expect(tried.content('file:/etc/shop/env')).toBe('HOST=host1\nCPUS=4\nDB=192.0.2.51\nPASSWORD=‹secret›\n')
    expect(tried.notifies('file:/etc/shop/env')).toEqual(['restart shop'])
    expect(tried.rollout).toMatchObject({
      disruptive: ['handler:restart shop'],
      requiredServices: ['service:shop.service'],
    })
    const { content } = tried.desired('file:/etc/shop/env') as { content: unknown[] }
    expect(content.some(isSecret)).toBe(true)
  })

  it('has groups, of its own host and of the peers', () => {
    const grouped = defineRole({
      name: 'grouped',
      description: 'Of a test.',
      vars: {},
      provides: () => [scrape.of({ job: 'grouped', port: 1 })],
      resources: ({ host, group, provided }) => [
        file({ path: '/own', content: host.groups.join(' ') }),
        file({
          path: '/eu',
          content: group('eu')
            .map(({ name, groups }) => `${name}: ${groups.join(' ')}`)
            .join('\n'),
        }),
        file({
          path: '/scraped',
          content: provided(scrape, { group: 'canary' })
            .map((one) => one.host.name)
            .join(' '),
        }),
      ],
    })
    const peers = [
      { name: 'web1', tier: 'web', groups: ['eu', 'canary'], roles: [grouped] },
      { name: 'web2', tier: 'web', groups: ['us'] },
    ]
    const tried = compileRole(grouped, { host: { groups: ['eu'] }, peers })
    expect(tried.problems).toEqual([])
    expect(tried.content('file:/own')).toBe('eu')
    expect(tried.content('file:/eu')).toBe('host1: eu\nweb1: eu canary')
    expect(tried.content('file:/scraped')).toBe('web1')
    const slip = defineRole({
      ...grouped,
      name: 'slip',
      resources: ({ group }) => [file({ path: '/x', content: group('uu')[0]?.name ?? '' })],
    })
    expect(compileRole(slip, { peers }).problems).toEqual([
      expect.stringContaining("group('uu'): there is no such tier or group (did you mean 'eu'?)"),
    ])
  })

  it('shows the sh of a change, without its secrets', () => {
    const script = compileRole(shop, { vars: VARS, peers: PEERS, root: root() }).script('file:/etc/shop/env')
    expect(script).toContain('grep -q host1 "$file"')
    expect(script).not.toContain(Buffer.from('hunter22').toString('base64').slice(0, 8))
  })

  it('tells what a run would tell before it touches a host', () => {
    const unset = compileRole(shop, { vars: { shop_prt: 1 }, peers: PEERS, root: root() }).problems
    expect(unset.join('\n')).toMatch(/unknown var 'shop_prt'.*shop_port/)
    expect(unset.join('\n')).toContain("'shop_password' (Password) is not set for host1")
    const wrong = { ...shop, rollout: () => ({ disruptive: [restart('shopp')] }) }
    expect(compileRole(wrong, { vars: VARS, peers: PEERS, root: root() }).problems).toEqual([
      expect.stringMatching(/disruptive names 'handler:restart shopp'.*did you mean 'handler:restart shop'/),
    ])
    expect(compileRole(shop, { vars: VARS, root: root() }).problems).toEqual([
      expect.stringContaining('there is no such tier'),
    ])
    expect(() => compileRole(shop, { vars: VARS, peers: PEERS, root: root() }).desired('file:/x')).toThrow(
      'there is no file:/x among file:/etc/shop/env, service:shop.service',
    )
  })

  it('has roles beside it and on its peers, which tell each other what they provide', () => {
    const peers = [
      { name: 'web1', tier: 'web', roles: [nginx, shop], vars: VARS },
      { name: 'web2', tier: 'web' },
      { name: 'db1', tier: 'db' },
    ]
    const monitor = compileRole(prometheus, { host: { name: 'mon1', tier: 'monitor', address: '192.0.2.31' }, peers })
    expect(monitor.content('file-set:prometheus-targets', 'shop.yml')).toContain('"192.0.2.2:8080"')
    const web1 = compileRole(nginx, {
      ...{ host: { name: 'web1', tier: 'web' }, beside: [shop], root: root() },
      vars: { ...VARS, haproxy_backends: [{ name: 'front', tier: 'web' }] },
      peers: [{ name: 'lb1', tier: 'lb', roles: [haproxy] }, ...PEERS],
    })
    expect(web1.problems).toEqual([])
    expect(web1.keys).toContain('file:/etc/shop/env')
    expect(web1.rollout?.drain?.[0]).toMatchObject({ name: 'out of backend front', on: ['lb1'] })
  })
})
