import { describe, expect, test } from 'vitest'
import { hostsOf, nameProblem, tiersOf } from '../../src/scaffold/answers.ts'
import { problemsOf } from '../project-folder.ts'

describe('hosts as they are given', () => {
  test.each([
    ['web1=192.0.2.11', 'web1', '192.0.2.11', 'web'],
    ['web-02=web-02.example.org', 'web-02', 'web-02.example.org', 'web'],
    ['gateway=2001:db8::1', 'gateway', '2001:db8::1', 'servers'],
    ['db1.example.org', 'db1', 'db1.example.org', 'db'],
    ['7=192.0.2.7', '7', '192.0.2.7', 'servers'],
    ['all1=192.0.2.7', 'all1', '192.0.2.7', 'servers'],
  ])('%s', (word, name, address, tier) => {
    expect(hostsOf([word])).toEqual([{ name, address, tier }])
  })

  test('with commas, repeated, in one tier of their own', () => {
    const hosts = hostsOf(['a1=192.0.2.1, b1=192.0.2.2', 'c=192.0.2.3'], 'edge')
    expect(hosts.map(({ name, tier }) => `${tier}/${name}`)).toEqual(['edge/a1', 'edge/b1', 'edge/c'])
  })

  test('no tier has the name of a host', async () => {
    const hosts = hostsOf(['web=192.0.2.1', 'web1=192.0.2.2', 'db1=192.0.2.3'])
    expect(hosts.map(({ name, tier }) => `${tier}/${name}`)).toEqual(['servers/web', 'servers/web1', 'db/db1'])
    expect(await problemsOf(() => hostsOf(['edge=192.0.2.1'], 'edge'))).toEqual([
      "tier 'edge' has the name of a host (--limit could not tell them apart)",
    ])
  })

  test('tiers are in the order in which hosts name them', () => {
    const tiers = tiersOf(hostsOf(['web1=192.0.2.1', 'db1=192.0.2.2', 'web2=192.0.2.3']))
    expect(tiers.map(({ name, hosts }) => [name, hosts.map((host) => host.name)])).toEqual([
      ['web', ['web1', 'web2']],
      ['db', ['db1']],
    ])
  })

  test('all that is wrong is told at once', async () => {
    const words = ['192.0.2.1', '=192.0.2.1', 'web 1=192.0.2.1', 'a=', 'b=192.0.2.1:2222', 'c=192.0.2.1', 'c=192.0.2.2']
    expect(await problemsOf(() => hostsOf(words))).toEqual([
      "'192.0.2.1' has no name (a host is NAME=ADDRESS: web1=192.0.2.11)",
      "'' is no name for a host (a host is NAME=ADDRESS: web1=192.0.2.11)",
      "'web 1' is no name for a host (a host is NAME=ADDRESS: web1=192.0.2.11)",
      "'' is no address for host a (a host is NAME=ADDRESS: web1=192.0.2.11)",
      "'192.0.2.1:2222' is no address for host b (a port is given with --port, for all hosts; that of one: in hosts.yml)",
      'host c is given twice',
    ])
  })
})

test('names of users, inventories and tiers', () => {
  expect(nameProblem('user', 'deploy')).toBeUndefined()
  expect(nameProblem('user', 'a b')?.message).toBe("'a b' is no name for a user")
  expect(nameProblem('inventory', '../x')?.message).toBe("'../x' is no name for an inventory")
  expect(nameProblem('tier', 'all')?.message).toContain('every host')
})
