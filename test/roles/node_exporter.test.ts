import { describe, expect, test } from 'vitest'
import nodeExporter from '../../roles/node_exporter/index.ts'
import { compiled } from './compiled.ts'

const DEFAULTS = 'file:/etc/default/prometheus-node-exporter'
const SERVICE = 'service:prometheus-node-exporter.service'
const flagsOf = (content: string) => /^ARGS="(.*)"$/m.exec(content)?.[1]?.split(' ')

describe('role node_exporter', () => {
  test('listens on the management address and lets in the monitor only', async () => {
    const host = await compiled(nodeExporter)
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:prometheus-node-exporter',
      DEFAULTS,
      'systemd-unit:/etc/systemd/system/prometheus-node-exporter.service.d/provision.conf',
      'ufw:in proto tcp from 192.0.2.31 to any port 9100',
      SERVICE,
    ])
    expect(flagsOf(host.content(DEFAULTS))).toEqual([
      '--collector.systemd',
      '--collector.netdev.address-info',
      '--web.listen-address=192.0.2.11:9100',
    ])
    expect(host.notifies(DEFAULTS)).toEqual(['restart prometheus-node-exporter'])
    expect(host.notifies('package:prometheus-node-exporter')).toEqual(['restart prometheus-node-exporter'])
    expect(host.desired(SERVICE)).toMatchObject({ enabled: true, state: 'started' })
  })

  test('listens on all addresses where the host does not have the one of the inventory (NAT, a name)', async () => {
    const host = await compiled(nodeExporter, { facts: { addresses: { eth0: ['10.0.0.5'] } } })
    expect(flagsOf(host.content(DEFAULTS))).toContain('--web.listen-address=:9100')
  })

  test('writes an IPv6 address with brackets', async () => {
    const host = await compiled(nodeExporter, {
      vars: { node_exporter_listen: '2001:db8::1', node_exporter_port: 9999 },
    })
    expect(flagsOf(host.content(DEFAULTS))).toContain('--web.listen-address=[2001:db8::1]:9999')
  })

  test('opens nothing where there is no monitor, on the monitor itself, and without ufw', async () => {
    const alone = await compiled(nodeExporter, {
      hosts: 'tiers: { web: { hosts: { web1: { address: 192.0.2.11 } } } }',
    })
    expect(alone.problems).toEqual([])
    const monitor = await compiled(nodeExporter, { host: 'mon1' })
    const bare = await compiled(nodeExporter, { vars: { node_exporter_firewall: false } })
    for (const host of [alone, monitor, bare]) expect(host.keys.filter((key) => key.startsWith('ufw:'))).toEqual([])
  })

  test('needs an IP address of the monitor, or another list', async () => {
    const hosts = `
tiers:
  web: { hosts: { web1: { address: 192.0.2.11 } } }
  monitor: { hosts: { mon1: { address: mon1.example.org } } }
`
    const { problems } = await compiled(nodeExporter, { hosts })
    expect(problems).toEqual([expect.stringContaining('list addresses in node_exporter_allow_from')])
    const listed = await compiled(nodeExporter, { hosts, vars: { node_exporter_allow_from: ['192.0.2.99'] } })
    expect(listed.keys).toContain('ufw:in proto tcp from 192.0.2.99 to any port 9100')
  })
})
