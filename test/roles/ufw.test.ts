import { describe, expect, test } from 'vitest'
import ufw from '../../roles/ufw/index.ts'
import { compiled } from './compiled.ts'

describe('role ufw', () => {
  test("opens the inventory's SSH port and closes the rest", async () => {
    const host = await compiled(ufw)
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:ufw',
      'sysctl-file:/etc/ufw/sysctl.conf',
      'ufw:in proto tcp from any to any port 2222',
      'ufw:firewall',
    ])
    expect(host.desired('ufw:firewall')).toEqual({
      sort: 'firewall',
      enabled: true,
      incoming: 'deny',
      outgoing: 'allow',
      routed: 'deny',
      logging: 'low',
      ipv6: true,
      purge: 'tagged',
    })
  })

  test('takes sources and ports of SSH, and rules in their order behind it', async () => {
    const host = await compiled(ufw, {
      vars: {
        ufw_ssh_ports: [22, 2200],
        ufw_ssh_sources: ['192.0.2.0/24', '2001:db8::/32'],
        ufw_rules: [
          { action: 'deny', from: '203.0.113.9' },
          { action: 'allow', proto: 'vrrp', from: ['192.0.2.21', '192.0.2.22'], comment: 'keepalived' },
          { action: 'allow', route: true, iface: 'eth0', out_iface: 'eth1' },
        ],
      },
    })
    expect(host.problems).toEqual([])
    expect(host.keys.slice(2, -1)).toEqual([
      'ufw:in proto tcp from 192.0.2.0/24 to any port 22 + in proto tcp from 2001:db8::/32 to any port 22',
      'ufw:in proto tcp from 192.0.2.0/24 to any port 2200 + in proto tcp from 2001:db8::/32 to any port 2200',
      'ufw:in from 203.0.113.9 to any',
      'ufw:in proto vrrp from 192.0.2.21 to any + in proto vrrp from 192.0.2.22 to any',
      'ufw:route in on eth0 out on eth1 from any to any',
    ])
  })

  test('says where a rule is wrong', async () => {
    const { problems } = await compiled(ufw, { vars: { ufw_rules: [{ action: 'allow', port: 80, from: '10.0.0' }] } })
    expect(problems).toEqual([expect.stringContaining("`from` is no address or network: '10.0.0'")])
  })
})
