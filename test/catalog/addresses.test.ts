import { describe, expect, it } from 'vitest'
import { listedOrTier } from '../../src/catalog/addresses.ts'

const peer = (name: string, tier: string, address: string) => ({ name, tier, address, vars: {} })
const PEERS = [
  peer('mon1', 'monitor', '192.0.2.1'),
  peer('mon2', 'monitor', '192.0.2.2'),
  peer('web1', 'web', 'web1.example.org'),
]
const input = (name: string) => ({
  host: { name, tier: 'monitor', address: '192.0.2.1', sshPort: 22 },
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

  it('has no place for a name, and says which var has', () => {
    expect(() => listedOrTier(input('mon1'), [], 'web', 'x_allow_from')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('x_allow_from') }),
    )
  })
})
