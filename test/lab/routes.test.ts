import { expect, it } from 'vitest'
import { devicesFor, masquerades, staleBridges } from '../../src/lab/routes.ts'

// As a machine had it whose engine was killed once, and its folder removed.
const TABLE = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
br-a76f5bb0e95d	0007620A	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-5ae239c83f0e	0007620A	00000000	0001	0	0	0	00FFFFFF	0	0	0
br-49831527d93c	000F960A	00000000	0001	0	0	0	00FFFFFF	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
wg0	0008620A	00000000	0001	0	0	0	00FFFFFF	0	0	0
`

it('tells through which devices the packets for a network go, the first one first', () => {
  expect(devicesFor('10.98.7', TABLE)).toEqual(['br-a76f5bb0e95d', 'br-5ae239c83f0e'])
  expect(devicesFor('10.150.15', TABLE)).toEqual(['br-49831527d93c'])
  expect(devicesFor('172.17.0', TABLE)).toEqual([])
  expect(devicesFor('10.98.7', '')).toEqual([])
})

it('knows the bridges of an engine that is gone from its own, and from what is no bridge of an engine', () => {
  const own = ['5ae239c83f0eadc41d0f3b5a5d3d3d2f']
  expect(staleBridges(devicesFor('10.98.7', TABLE), own)).toEqual(['br-a76f5bb0e95d'])
  expect(staleBridges(devicesFor('10.98.8', TABLE), own)).toEqual([])
  expect(staleBridges(['br-lan', 'podman1', 'br-5ae239c83f0e'], own)).toEqual([])
})

it('finds the rules that hide who sends, of this network and with their bridge', () => {
  const rules = `-P POSTROUTING ACCEPT
-A POSTROUTING -s 10.98.7.0/24 ! -o br-5ae239c83f0e -j MASQUERADE
-A POSTROUTING -s 10.98.7.0/24 ! -o br-a76f5bb0e95d -j MASQUERADE
-A POSTROUTING -s 10.98.8.0/24 ! -o br-49831527d93c -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 10.98.7.0/24 -o eth0 -j MASQUERADE
`
  expect(masquerades('10.98.7', rules).map(({ bridge }) => bridge)).toEqual(['br-5ae239c83f0e', 'br-a76f5bb0e95d'])
  expect(masquerades('10.98.8', rules)).toEqual([
    {
      bridge: 'br-49831527d93c',
      rule: ['POSTROUTING', '-s', '10.98.8.0/24', '!', '-o', 'br-49831527d93c', '-j', 'MASQUERADE'],
    },
  ])
})
