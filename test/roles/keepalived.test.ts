import { describe, expect, test } from 'vitest'
import haproxy from '../../roles/haproxy/index.ts'
import { addressesByVrid, fleetCheck } from '../../roles/keepalived/fleet-check.ts'
import keepalived from '../../roles/keepalived/index.ts'
import { defineRole, type HostChanges, type Role } from '../../src/catalog/role.ts'
import { program } from '../../src/contracts/program.ts'
import { pkg } from '../../src/resources/package/package.ts'
import { compiled } from './compiled.ts'

const SET = 'file-set:keepalived'
const HOSTS = `
tiers:
  lb:
    hosts:
      lb1: { address: 192.0.2.21 }
      lb2: { address: 192.0.2.22 }
      lb3: { address: 192.0.2.23 }
`
const A = { name: 'A', vrid: 51, vip: '192.0.2.101/24', owner: 'lb1' }
const B = { name: 'B', vrid: 52, vip: '192.0.2.102', owner: 'lb2', extra_vips: ['192.0.2.103/24', '2001:db8::5/64'] }
const both = { keepalived_instances: [A, B] }

const on = (host: string, vars: Record<string, unknown>, facts = {}) =>
  compiled(keepalived, { vars, host, hosts: HOSTS, facts })
const configOf = async (host: string, vars: Record<string, unknown>) =>
  (await on(host, vars)).setContent(SET, 'keepalived.conf')

describe('role keepalived', () => {
  test('two instances on one of three hosts', async () => {
    const host = await on('lb1', both)
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual(
      [
        'ufw:in proto vrrp from 192.0.2.22 to any + in proto vrrp from 192.0.2.23 to any',
        'package:keepalived',
        'file:/etc/keepalived/check-haproxy',
        'systemd-unit:/etc/systemd/system/keepalived.service.d/provision.conf',
        SET,
        'service:keepalived.service',
      ].sort((a, b) => host.keys.indexOf(a) - host.keys.indexOf(b)),
    )
    expect(host.setContent(SET, 'keepalived.conf')).toMatchSnapshot('keepalived.conf')
    expect(host.content('file:/etc/keepalived/check-haproxy')).toMatchSnapshot('check-haproxy')
    expect(host.content('systemd-unit:/etc/systemd/system/keepalived.service.d/provision.conf')).toMatchSnapshot('unit')
    expect(host.notifies(SET)).toEqual(['reload keepalived'])
    expect(host.keys.filter((key) => host.notifies(key).includes('restart keepalived'))).toEqual(['package:keepalived'])
  })

  test('shares out priorities: the owner first, no two alike', async () => {
    const configs = await Promise.all(['lb1', 'lb2', 'lb3'].map((name) => configOf(name, both)))
    expect(configs.map((text) => text.match(/(?<=^ *priority )\d+/gm))).toEqual([
      ['150', '100'],
      ['100', '150'],
      ['99', '99'],
    ])
  })

  test('never asks for what splits a pair', async () => {
    const text = await configOf('lb1', both)
    expect(
      text.match(/^ *(nopreempt|vrrp_strict|authentication|state MASTER|weight|vrrp_sync_group)\b.*$/gm),
    ).toBeNull()
    expect(text.match(/state BACKUP/g)).toHaveLength(2)
  })

  test('has another id for each line that changes, and the same for the same', async () => {
    const id = async (vars: Record<string, unknown>) => /router_id (\S+)/.exec(await configOf('lb1', vars))?.[1]
    expect(await id(both)).toBe(await id(both))
    expect(await id(both)).not.toBe(await id({ ...both, keepalived_preempt_delay: 31 }))
    expect(await id(both)).toMatch(/^lb1_[0-9a-f]{12}$/)
  })

  test('alone, or by multicast: no peers', async () => {
    expect(await configOf('lb1', { ...both, keepalived_unicast: false })).not.toContain('unicast')
    const alone = await compiled(keepalived, {
      vars: { keepalived_instances: [A] },
      host: 'lb1',
      hosts: 'tiers: { lb: { hosts: { lb1: { address: 192.0.2.21 } } } }',
    })
    expect(alone.problems).toEqual([])
    expect(alone.keys.join()).not.toContain('ufw:')
  })

  test.each<[string, Record<string, unknown>, string]>([
    [
      'an owner that is not there',
      { keepalived_instances: [{ ...A, owner: 'lb9' }] },
      "no host 'lb9' (did you mean 'lb1'?)",
    ],
    ['a number twice', { keepalived_instances: [A, { ...B, vrid: 51 }] }, 'the vrid 51 is there twice'],
    [
      'an address twice',
      { keepalived_instances: [A, { ...B, vip: '192.0.2.101' }] },
      'the address 192.0.2.101 is there twice',
    ],
    [
      "a host's own address",
      { keepalived_instances: [{ ...A, vip: '192.0.2.22/24' }] },
      'is the address of lb2 itself',
    ],
    ['an owner who would not win', { ...both, keepalived_priority_backup: 200 }, 'must be above'],
    ['what is no address', { keepalived_instances: [{ ...A, vip: '300.1.1.1' }] }, '300.1.1.1 is no address'],
  ])('refuses %s before any host is touched', async (_, vars, message) => {
    expect((await on('lb1', vars)).problems).toEqual([expect.stringContaining(message)])
  })

  test('refuses a host without a default route, unless the interface is named', async () => {
    const facts = { defaultInterface: '' }
    expect((await on('lb1', both, facts)).problems).toEqual([expect.stringContaining('has no default route')])
    expect((await on('lb1', { ...both, keepalived_interface: 'bond0' }, facts)).problems).toEqual([])
  })
})

describe('addressesByVrid', () => {
  test('reads a configuration as keepalived means it', async () => {
    expect([...addressesByVrid(await configOf('lb2', both))]).toEqual([
      ['51', '192.0.2.101'],
      ['52', '192.0.2.102'],
    ])
    const byHand =
      'vrrp_instance X { virtual_router_id 7 # seven\n virtual_ipaddress {\n 10.0.0.2 dev eth0\n ! no\n 10.0.0.1/24\n } }'
    expect([...addressesByVrid(byHand)]).toEqual([['7', '10.0.0.1 10.0.0.2']])
  })
})

describe('across the hosts', () => {
  type Entry = NonNullable<HostChanges['changes']>[number]
  const changed = async (from: Record<string, unknown> | undefined, to: Record<string, unknown>): Promise<Entry> => ({
    key: SET,
    role: 'keepalived',
    change: {
      action: 'update',
      desired: {},
      actual: 'absent',
      fields: [],
      texts: [
        {
          name: '/etc/keepalived/keepalived.conf',
          before: from && (await configOf('lb1', from)),
          after: await configOf('lb1', to),
        },
      ],
    },
  })
  const host = (name: string, changes: HostChanges['changes']): HostChanges => ({ host: name, tier: 'lb', changes })
  const moved = { keepalived_instances: [{ ...A, vip: '192.0.2.111/24' }, B] }
  const other: Entry = {
    key: 'package:haproxy',
    role: 'haproxy',
    change: { action: 'create', desired: {}, actual: 'absent', fields: [] },
  }

  test('a first installation, further addresses and all else go host by host', async () => {
    const extras = { keepalived_instances: [{ ...A, extra_vips: ['192.0.2.120'] }, B] }
    const gone = { keepalived_instances: [A] }
    for (const entry of [
      await changed(undefined, both),
      await changed(both, extras),
      await changed(both, gone),
      await changed(gone, both),
      await changed(both, { ...both, keepalived_advert_int: 2 }),
    ]) {
      expect(fleetCheck([host('lb1', [entry, other]), host('lb2', undefined)])).toEqual({
        problems: [],
        simultaneous: [],
      })
    }
  })

  test('another address changes on all hosts at once', async () => {
    const entry = await changed(both, moved)
    const expected = { problems: [], simultaneous: ['lb1', 'lb2'] }
    expect(fleetCheck([host('lb1', [entry]), host('lb2', [entry])])).toEqual(expected)
    // What an earlier run left half done is finished.
    expect(fleetCheck([host('lb1', []), host('lb2', [entry])])).toEqual(expected)
  })

  test('is refused when a host is left out', async () => {
    const { problems, simultaneous } = fleetCheck([host('lb1', [await changed(both, moved)]), host('lb2', undefined)])
    expect(simultaneous).toEqual([])
    expect(problems).toEqual([
      expect.objectContaining({
        message:
          'keepalived: vrid 51 moves from 192.0.2.101 to 192.0.2.111 on lb1, but this run does not change lb2: there would be two masters',
      }),
    ])
  })

  test('is refused along with other changes', async () => {
    const entry = await changed(both, moved)
    const { problems } = fleetCheck([host('lb1', [entry]), host('lb2', [other, entry])])
    expect(problems?.[0]?.message).toContain('package:haproxy would go along')
    expect(problems?.[0]?.hint).toContain('--tags keepalived')
  })

  test('another number for the same address is another address, too', async () => {
    const entry = await changed(both, { keepalived_instances: [{ ...A, vrid: 53 }, B] })
    const { problems } = fleetCheck([host('lb1', [entry]), host('lb2', undefined)])
    expect(problems?.[0]?.message).toContain('192.0.2.101 moves from vrid 51 to vrid 53')
  })
})

describe('what the check asks', () => {
  const cache = defineRole({
    name: 'cache',
    description: 'Of a user.',
    vars: {},
    provides: () => [program.of({ name: 'cache', ports: [6081], disruptive: ['package:cache'] })],
    resources: () => [pkg({ name: 'cache' })],
  })
  const watched = async (vars: Record<string, unknown>, beside: readonly Role[]) => {
    const { rollout, problems } = await compiled(keepalived, {
      ...{ vars: { ...both, ...vars }, host: 'lb1', hosts: HOSTS, beside: { lb: beside } },
    })
    expect(problems).toEqual([])
    return [rollout?.disruptive, rollout?.requiredServices]
  }
  const OWN = ['package:keepalived', 'handler:restart keepalived']

  test('takes the addresses along when it goes: haproxy, or whichever program has the port', async () => {
    const haproxys = [
      ['package:haproxy', 'handler:restart haproxy', ...OWN],
      ['service:haproxy.service', 'service:keepalived.service'],
    ]
    expect(await watched({}, [haproxy, cache])).toEqual(haproxys)
    expect(await watched({ keepalived_check_url: 'http://127.0.0.1:6081/' }, [haproxy, cache])).toEqual([
      ['package:cache', ...OWN],
      ['service:keepalived.service'],
    ])
    expect(await watched({}, [cache])).toEqual([OWN, ['service:keepalived.service']])
  })
})
