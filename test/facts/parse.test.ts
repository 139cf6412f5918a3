import { describe, expect, test } from 'vitest'
import { parseFacts } from '../../src/facts/parse.ts'

const HEAD = `id=ubuntu
version_id=24.04
codename=noble
hostname=lb1
memory=8140404
virtualization=kvm
systemd=255
arch=arm64
cpus=4
files=524288
files_kernel=1073741816
capabilities=000001ffffffffff
`
const ADDRESSES = `[addresses]
2: eth0    inet 192.0.2.21/24 metric 100 brd 192.0.2.255 scope global dynamic eth0\\       valid_lft 83sec preferred_lft 83sec
2: eth0    inet 192.0.2.100/32 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 2001:db8::9/64 scope global temporary dynamic \\       valid_lft 83sec preferred_lft 83sec
2: eth0    inet6 2001:db8::21/64 scope global dynamic mngtmpaddr noprefixroute \\       valid_lft 83sec
2: eth0    inet6 2001:db8::100/128 scope global nodad proto keepalived \\       valid_lft forever
3: wg0    inet 198.51.100.1/32 scope global wg0\\       valid_lft forever preferred_lft forever
4: br-0123456789ab    inet 172.18.0.1/16 brd 172.18.255.255 scope global br-0123456789ab\\       valid_lft forever
`
const ROUTES = `[routes]
default via 203.0.113.1 dev eth1 proto dhcp metric 200
default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.21 metric 100
default via fe80::1 dev eth2 proto ra metric 50 pref medium
`

describe('parseFacts', () => {
  test('reads a host; addresses that wander from host to host or from run to run are left out', () => {
    expect(parseFacts(HEAD + ADDRESSES + ROUTES)).toEqual({
      os: { id: 'ubuntu', versionId: '24.04', codename: 'noble' },
      arch: 'arm64',
      hostname: 'lb1',
      cpus: 4,
      memoryMiB: 7936,
      openFiles: 1_073_741_816,
      systemd: 255,
      virtualization: 'kvm',
      defaultInterface: 'eth0',
      addresses: { eth0: ['192.0.2.21', '2001:db8::21'], wg0: ['198.51.100.1'] },
    })
  })

  test('reads a host without network, systemd or a versioned release', () => {
    const bare = HEAD.replace('24.04', '').replace('systemd=255', 'systemd=').replace('=kvm', '=')
    expect(parseFacts(`${bare}[addresses]\n[routes]\n`)).toMatchObject({
      os: { versionId: '' },
      systemd: 0,
      virtualization: 'none',
      defaultInterface: '',
      addresses: {},
    })
  })

  test.each([
    ['a machine, whose systemd may raise limits', '1024', '000001ffffffffff', 1_073_741_816],
    ['a container, whose systemd may not', '20000', '00000000a8ac3dfb', 20_000],
    ['a container without a limit', 'unlimited', '00000000a8ac3dfb', 1_073_741_816],
    ['a host that does not tell', '', '', 1_073_741_816],
  ])('C11: files that a service may have open on %s', (_, files, capabilities, openFiles) => {
    const head = HEAD.replace('files=524288', `files=${files}`).replace('000001ffffffffff', capabilities)
    expect(parseFacts(`${head}[addresses]\n[routes]\n`)).toMatchObject({ openFiles })
  })

  test.each([
    ['nothing', ''],
    ['an end that is missing', HEAD + ADDRESSES],
    ['no line for the CPUs', `${HEAD.replace('cpus=4\n', '')}[addresses]\n[routes]\n`],
    ['no number of CPUs', `${HEAD.replace('cpus=4', 'cpus=')}[addresses]\n[routes]\n`],
    ['no os-release', `${HEAD.replace('id=ubuntu', 'id=')}[addresses]\n[routes]\n`],
  ])('refuses %s', (_, answer) => {
    expect(() => parseFacts(answer)).toThrow(/^facts: /)
  })
})
