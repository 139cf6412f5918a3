import { describe, expect, it, vi } from 'vitest'
import { isIn, listedOrAny, listedOrTier, tierAddresses, tierMembers } from '../../src/catalog/addresses.ts'

const peer = (name: string, tier: string, address: string, groups: readonly string[] = []) => ({
  name,
  tier,
  groups,
  address,
  vars: {},
})
const PEERS = [
  peer('mon1', 'monitor', '192.0.2.1'),
  peer('mon2', 'monitor', '192.0.2.2'),
  peer('web1', 'web', 'web1.example.org'),
]
const input = (name: string) => ({
  host: { name, tier: 'monitor', groups: [], address: '192.0.2.1', sshPort: 22 },
  group: () => PEERS,
  provided: () => [],
})

describe('who may use what is not for everyone', () => {
  it('is who is listed, whatever the tier has', () => {
    expect(listedOrTier(input('web1'), ['198.51.100.0/24'], 'web', 'x_allow_from')).toEqual(['198.51.100.0/24'])
  })

  it('is a tier where nobody is, but never the host itself', () => {
    expect(listedOrTier(input('web1'), [], 'monitor', 'x_allow_from')).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(listedOrTier(input('mon1'), [], 'monitor', 'x_allow_from')).toEqual(['192.0.2.2'])
    expect(listedOrTier(input('web1'), [], 'none', 'x_allow_from')).toEqual([])
  })

  it('goes through the hosts of the inventory once, however many of them ask', () => {
    const asked = vi.fn((index: number) => PEERS[index % PEERS.length] as (typeof PEERS)[number])
    const many = Array.from({ length: 500 }, (_, i) =>
      Object.defineProperty({ ...asked(i) }, 'tier', { get: () => asked(i).tier }),
    )
    asked.mockClear()
    for (let i = 0; i < 500; i++) listedOrTier({ ...input('web1'), group: () => many }, [], 'monitor', 'x_allow_from')
    expect(tierMembers(many, 'web')).toHaveLength(166)
    expect(asked).toHaveBeenCalledTimes(1000)
  })

  it('has no place for a name, and says which var has', () => {
    expect(() => listedOrTier(input('mon1'), [], 'web', 'x_allow_from')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('x_allow_from') }),
    )
  })
})

describe('a tier, a group or all', () => {
  const peers = [
    peer('a', 'web', '192.0.2.1', ['eu']),
    peer('b', 'db', '192.0.2.2', ['eu', 'canary']),
    peer('c', 'db', '192.0.2.3'),
  ]
  it.each([
    ['web', ['a']],
    ['eu', ['a', 'b']],
    ['canary', ['b']],
    ['all', ['a', 'b', 'c']],
    ['none', []],
  ])('%s', (name, expected) => {
    expect(peers.filter((one) => isIn(one, name)).map((one) => one.name)).toEqual(expected)
    expect(tierMembers(peers, name).map((one) => one.name)).toEqual(expected)
  })

  it('gives each address once, whatever it is in', () => {
    expect(tierAddresses(peers, ['eu', 'db', 'web'], 'x')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })
})

describe('who may connect to what is for everyone unless somebody is named', () => {
  it('is everyone only where nobody is named', () => {
    expect(listedOrAny(PEERS, [], [], 'x_allow_from')).toBe('any')
    expect(listedOrAny(PEERS, ['198.51.100.1'], ['monitor'], 'x_allow_from')).toEqual([
      '198.51.100.1',
      '192.0.2.1',
      '192.0.2.2',
    ])
  })

  it('is not everyone because a tier that is named has no hosts', () => {
    expect(() => listedOrAny(PEERS, [], ['lbb'], 'x_allow_from')).toThrow("x_allow_from_tiers: no host is in 'lbb'")
  })
})
