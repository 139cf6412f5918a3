import { isIP, isIPv4, SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ANYWHERE, formatNet, masked, overlap, parseNet } from '../../../src/resources/ufw/address.ts'
import { declareRule, type UfwRule } from '../../../src/resources/ufw/declared.ts'
import { normalPorts, portsOverlap, rangesOf } from '../../../src/resources/ufw/ports.ts'
import { formatTuple, isTwin, matchOf, parseTuple, ruleArgs } from '../../../src/resources/ufw/tuple.ts'

const net4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, prefix]) => `${ip}/${prefix}`)
const net6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, prefix]) => `${ip}/${prefix}`)
const range = fc
  .tuple(fc.integer({ min: 1, max: 65534 }), fc.integer({ min: 1, max: 500 }))
  .map(([low, length]) => `${low}:${Math.min(low + length, 65535)}`)
const port = fc.oneof(fc.integer({ min: 1, max: 65535 }).map(String), range)
const ports = fc.array(port, { minLength: 1, maxLength: 5 }).map((list) => list.join(','))
const iface = fc.constantFrom('eth0', 'wg-1', 'br.100', 'eth+')
const comment = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/['\p{Cc}]/gu, ''))

const rule: fc.Arbitrary<UfwRule> = fc.record(
  {
    action: fc.constantFrom('allow', 'deny', 'reject', 'limit'),
    proto: fc.constantFrom('tcp', 'udp'),
    port: ports,
    from: fc.oneof(fc.constant('any'), net4),
    to: fc.oneof(fc.constant('any'), net4),
    iface,
    direction: fc.constantFrom('in', 'out'),
    log: fc.constantFrom('log', 'log-all'),
    comment,
  },
  { requiredKeys: ['action', 'proto'] },
)

describe('a rule', () => {
  it('comes back from the line that ufw keeps of it', () => {
    fc.assert(
      fc.property(rule, (spec) => {
        for (const tuple of declareRule(spec).specs.flatMap((one) => one.tuples)) {
          expect(parseTuple(formatTuple(tuple), tuple.family)).toEqual(tuple)
        }
      }),
    )
  })

  it('has a half for each family, which are twins, unless it names an address', () => {
    fc.assert(
      fc.property(rule, (spec) => {
        const [first, second] = declareRule(spec).specs.flatMap((one) => one.tuples)
        const named = [spec.from, spec.to].some((address) => address !== undefined && address !== 'any')
        expect(second === undefined).toBe(named)
        if (first && second) expect(isTwin(first, second)).toBe(true)
      }),
    )
  })

  it('is the same rule for ufw whatever it does, and another one for any other match', () => {
    const [deny] = declareRule({ action: 'deny', port: 22, proto: 'tcp', from: '10.1.2.3/8' }).specs
    const [allow] = declareRule({ action: 'allow', port: 22, proto: 'tcp', from: '10.0.0.0/8', comment: 'x' }).specs
    const [other] = declareRule({ action: 'allow', port: 22, proto: 'udp', from: '10.0.0.0/8' }).specs
    expect(deny?.tuples.map(matchOf)).toEqual(allow?.tuples.map(matchOf))
    expect(deny?.tuples.map(matchOf)).not.toEqual(other?.tuples.map(matchOf))
  })

  // Lines and commands as ufw 0.36.2 wrote and took them.
  it.each([
    ['allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 in', 'allow in proto tcp from 10.0.0.0/8 to 0.0.0.0/0 port 22'],
    [
      'route:allow any 53 10.0.0.5 any 0.0.0.0/0 in_eth0!out_eth1',
      'route allow in on eth0 out on eth1 from 0.0.0.0/0 to 10.0.0.5 port 53',
    ],
    [
      'reject_log udp 6000:6100 0.0.0.0/0 any 0.0.0.0/0 in_eth0',
      'reject in on eth0 log proto udp from 0.0.0.0/0 to 0.0.0.0/0 port 6000:6100',
    ],
    ['allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 WWW%20Full - in', 'allow in from 0.0.0.0/0 to 0.0.0.0/0 app WWW Full'],
    ['deny any any 0.0.0.0/0 any 0.0.0.0/0 out_eth0', 'deny out on eth0 from 0.0.0.0/0 to 0.0.0.0/0'],
  ])('%s is understood', (line, command) => {
    const tuple = parseTuple(line, 4)
    expect(tuple && formatTuple(tuple)).toBe(line)
    const { route, rule: args } = ruleArgs(tuple ?? never(), false)
    expect([...route, ...args].join(' ')).toBe(command)
  })

  it.each([
    '',
    'allow tcp 22',
    'permit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
    'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 by_eth0',
  ])('skips what ufw skips: %j', (line) => expect(parseTuple(line, 4)).toBeUndefined())

  const allow: UfwRule = { action: 'allow', proto: 'tcp' }
  it.each<[string, UfwRule]>([
    ["can't store", { ...allow, comment: "it's" }],
    ["can't store", { ...allow, comment: 'two\nlines' }],
    ['no valid ports', { ...allow, port: 'ssh' }],
    ['no valid ports', { ...allow, port: '90:80' }],
    ['no valid ports', { ...allow, port: 65536 }],
    ['several ports need a proto', { action: 'allow', port: '80,443' }],
    ['has no ports', { action: 'allow', proto: 'vrrp', port: 1 }],
    ['no address', { ...allow, from: '10.0.0.256' }],
    ['no address', { ...allow, from: '10.0.0.0/33' }],
    ['no address', { ...allow, to: 'example.org' }],
    ['different families', { ...allow, from: '10.0.0.1', to: '::1' }],
    ['IPv4 only', { action: 'allow', proto: 'igmp', from: '2001:db8::1' }],
    ['empty list', { ...allow, from: [] }],
    ['interface', { ...allow, iface: 'eth0:1' }],
    ['interface', { ...allow, iface: '--dry-run' }],
    ['routed', { ...allow, outIface: 'eth1' }],
  ])('%s: refused when it is declared', (message, spec) => {
    expect(() => declareRule(spec)).toThrow(message)
  })
})

const never = (): never => {
  throw new Error('not understood')
}

describe('an address', () => {
  it('is one exactly where the system says so', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        if (!text.includes('/')) expect(parseNet(text) !== undefined).toBe(isIP(text) !== 0)
      }),
    )
  })

  it('is written as inet_ntop writes it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const net = parseNet(text) ?? never()
        const family = isIPv4(text) ? 'ipv4' : 'ipv6'
        expect(formatNet(net)).toBe(new SocketAddress({ address: text, family }).address)
      }),
    )
  })

  it('loses its host bits once, and a network overlaps with itself and with everything', () => {
    fc.assert(
      fc.property(fc.oneof(net4, net6), (text) => {
        const net = parseNet(text) ?? never()
        const network = masked(net)
        expect(masked(network)).toEqual(network)
        expect(overlap(net, network)).toBe(true)
        expect(overlap(net, parseNet(ANYWHERE[net.family]) ?? never())).toBe(true)
        expect(parseNet(formatNet(network))).toEqual(network)
      }),
    )
  })

  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/255.255.0.0', '10.1.0.0/16'],
    ['10.1.2.3/32', '10.1.2.3'],
    ['2001:DB8:0:0::1/64', '2001:db8::/64'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::1/128', '::1'],
  ])('%s is %s', (text, normal) => {
    expect(formatNet(masked(parseNet(text) ?? never()))).toBe(normal)
  })
})

describe('ports', () => {
  it('have one normal form, which holds the same ports', () => {
    fc.assert(
      fc.property(ports, (text) => {
        const normal = normalPorts(text) ?? never()
        expect(normalPorts(normal)).toBe(normal)
        expect(normalPorts(text.split(',').reverse().join(','))).toBe(normal)
        expect(portsOverlap(text, normal)).toBe(true)
        for (const [low] of rangesOf(text)) expect(portsOverlap(String(low), normal)).toBe(true)
      }),
    )
  })

  it('are sorted as ufw sorts them', () => {
    expect(normalPorts('6000:6100,443,80,80:90,443')).toBe('80,80:90,443,6000:6100')
  })

  it('are 15 at most, a range for two', () => {
    expect(normalPorts(Array.from({ length: 15 }, (_, i) => i + 1).join())).toBeDefined()
    expect(normalPorts(Array.from({ length: 16 }, (_, i) => i + 1).join())).toBeUndefined()
    expect(normalPorts(Array.from({ length: 8 }, (_, i) => `${i * 10 + 1}:${i * 10 + 5}`).join())).toBeUndefined()
  })
})
