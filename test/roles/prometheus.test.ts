import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import blackboxExporter from '../../roles/blackbox_exporter/index.ts'
import haproxy from '../../roles/haproxy/index.ts'
import keepalived from '../../roles/keepalived/index.ts'
import nginxExporter from '../../roles/nginx_exporter/index.ts'
import nodeExporter from '../../roles/node_exporter/index.ts'
import prometheus from '../../roles/prometheus/index.ts'
import { ALERT_NAMES } from '../../roles/prometheus/names.ts'
import ufw from '../../roles/ufw/index.ts'
import { defineRole } from '../../src/catalog/role.ts'
import { scrape } from '../../src/products/prometheus/contracts.ts'
import { compiled, type Setting } from './compiled.ts'

const SET = 'file-set:prometheus'
const TARGETS = 'file-set:prometheus-targets'
const HOSTS = `
tiers:
  web:
    hosts: { web1: { address: 192.0.2.11 }, web2: { address: "2001:db8::12" } }
  lb:
    hosts: { lb1: { address: 192.0.2.21 } }
  monitor:
    hosts: { mon1: { address: 192.0.2.31 } }
`
/** Roles without prometheus: the site has it on its monitor only. */
const BESIDE = {
  web: [nodeExporter, nginxExporter, blackboxExporter],
  lb: [blackboxExporter, haproxy],
  monitor: [prometheus, blackboxExporter],
}
const FACTS = { addresses: { eth0: ['192.0.2.31'] } }
const monitor = (setting: Setting = {}) =>
  compiled(ufw, { host: 'mon1', facts: FACTS, beside: { monitor: [prometheus] }, ...setting })
const targets = (host: Awaited<ReturnType<typeof monitor>>, job: string): unknown =>
  parse(host.setContent(TARGETS, `${job}.yml`))

describe('role prometheus', () => {
  test('listens on the management address, keeps its samples for a while, and is closed to others', async () => {
    const host = await monitor()
    expect(host.problems).toEqual([])
    expect(host.content('file:/etc/default/prometheus')).toContain(
      'ARGS="--web.listen-address=192.0.2.31:9090 --storage.tsdb.retention.time=15d"',
    )
    expect(host.keys.filter((key) => key.startsWith('ufw:') && key.includes('9090'))).toEqual([])
    const open = await monitor({ vars: { prometheus_allow_from: ['198.51.100.0/24'] } })
    expect(open.keys).toContain('ufw:in proto tcp from 198.51.100.0/24 to any port 9090')
  })

  test('owes a reload for configuration and rules, nothing but the gate for targets, a restart for flags', async () => {
    const host = await monitor()
    expect(host.notifies(SET)).toEqual(['reload prometheus', 'gate prometheus targets'])
    expect(host.notifies(TARGETS)).toEqual(['gate prometheus targets'])
    expect(host.notifies('file:/etc/default/prometheus')).toEqual(['restart prometheus', 'gate prometheus targets'])
    const hasty = await monitor({ vars: { prometheus_gate_timeout: 0 } })
    expect(hasty.notifies(TARGETS)).toEqual([])
  })

  test('scrapes the hosts whose roles have exporters, by the name of the host', async () => {
    const host = await monitor({ hosts: HOSTS, beside: BESIDE })
    expect(targets(host, 'nginx')).toEqual([
      { targets: ['192.0.2.11:9113'], labels: { instance: 'web1', tier: 'web' } },
      { targets: ['[2001:db8::12]:9113'], labels: { instance: 'web2', tier: 'web' } },
    ])
    expect(targets(host, 'haproxy')).toEqual([
      { targets: ['192.0.2.21:8405'], labels: { instance: 'lb1', tier: 'lb' } },
    ])
    expect(targets(host, 'prometheus')).toEqual([
      { targets: ['192.0.2.31:9090'], labels: { instance: 'mon1', tier: 'monitor' } },
    ])
    const config: unknown = parse(host.setContent(SET, 'prometheus.yml'))
    expect(config).toMatchObject({ global: { scrape_interval: '15s' }, rule_files: ['rules/*.yml'] })
    // Nobody has MySQL or the application here: no job without targets.
    expect(JSON.stringify(config).match(/"job_name":"[a-z]+"/g)).toEqual(
      ['prometheus', 'blackbox', 'haproxy', 'nginx', 'node', 'link'].map((name) => `"job_name":"${name}"`),
    )
  })

  test('has each host of a link ask each host at its other end', async () => {
    const host = await monitor({ hosts: HOSTS, beside: BESIDE })
    const link = (instance: string, url: string) => ({
      targets: ['192.0.2.21:9115'],
      labels: {
        instance,
        tier: 'web',
        from_tier: 'lb',
        port: '80',
        from: 'lb1',
        __param_module: 'http',
        __param_target: url,
      },
    })
    expect(targets(host, 'link')).toEqual([
      link('web1', 'http://192.0.2.11:80/healthz'),
      link('web2', 'http://[2001:db8::12]:80/healthz'),
    ])
  })

  test('watches the floating addresses of keepalived, and certificates', async () => {
    const instances = [{ name: 'a', vrid: 1, vip: '192.0.2.100/24', owner: 'lb1', extra_vips: ['192.0.2.102'] }]
    const host = await monitor({
      hosts: HOSTS,
      beside: { ...BESIDE, lb: [...BESIDE.lb, keepalived] },
      vars: { keepalived_instances: instances, prometheus_tls_targets: ['shop.example.org:443'] },
    })
    expect(targets(host, 'vip')).toMatchObject([
      { targets: ['192.0.2.31:9115'], labels: { instance: '192.0.2.100', from: 'mon1' } },
      { labels: { instance: '192.0.2.102', __param_target: 'http://192.0.2.102:80/healthz' } },
    ])
    expect(targets(host, 'tls')).toMatchObject([
      { labels: { instance: 'shop.example.org:443', __param_module: 'tls' } },
    ])
    expect(host.setContent(SET, 'rules/recording.yml')).toContain(
      '{address=~"192\\\\.0\\\\.2\\\\.100|192\\\\.0\\\\.2\\\\.102"}',
    )
    expect((await monitor()).setContent(SET, 'rules/recording.yml')).not.toContain('vip_owners')
  })

  test('has every alert with severity and what to do; each can be left out or told how long to wait', async () => {
    const rules: unknown = parse((await monitor()).setContent(SET, 'rules/alerts.yml'))
    const wanted = ALERT_NAMES.map((alert) => ({
      alert,
      expr: expect.stringMatching(/\S/),
      for: expect.stringMatching(/^\d+[smh]$/),
      labels: { severity: expect.stringMatching(/^(critical|warning)$/) },
      annotations: { summary: expect.stringMatching(/\S/), description: expect.stringMatching(/.{40}/) },
    }))
    expect(rules).toEqual({ groups: [{ name: 'alerts', rules: wanted }] })
    const vars = { prometheus_alerts_off: ['LinkSlow'], prometheus_alert_for: { InstanceDown: '5s' } }
    const changed = (await monitor({ vars })).setContent(SET, 'rules/alerts.yml')
    expect(changed).not.toContain('"LinkSlow"')
    expect(changed).toMatch(/"InstanceDown"\n.*\n.*\n {8}for: 5s\n/)
    expect((await monitor({ vars: { prometheus_alert_for: { Instance: '5s' } } })).problems).not.toEqual([])
  })

  test('has alerts on drift where somebody says how often is looked for it', async () => {
    expect((await monitor()).setContent(SET, 'rules/alerts.yml')).not.toContain('Drift')
    const host = await monitor({
      vars: { prometheus_drift_max_age: 7200, prometheus_alerts_off: ['ProvisionDriftUnreadable'] },
    })
    const rules = parse(host.setContent(SET, 'rules/drift.yml')).groups[0].rules
    expect(rules).toMatchObject([
      { alert: 'ProvisionDrift', expr: 'provision_drift_resources > 0', labels: { severity: 'warning' } },
      { alert: 'ProvisionDriftNotLooked', expr: expect.stringContaining('timestamp_seconds > 7200') },
    ])
  })

  test('takes further rules and jobs', async () => {
    const host = await monitor({
      vars: {
        prometheus_rules: [{ record: 'job:up:sum', expr: 'sum by (job) (up)', labels: { a: 'b' } }],
        prometheus_jobs: [{ name: 'cache', targets: [{ instance: 'cache1', address: '192.0.2.50:9121' }] }],
      },
    })
    expect(parse(host.setContent(SET, 'rules/further.yml'))).toEqual({
      groups: [{ name: 'further', rules: [{ record: 'job:up:sum', expr: 'sum by (job) (up)', labels: { a: 'b' } }] }],
    })
    expect(targets(host, 'cache')).toEqual([{ targets: ['192.0.2.50:9121'], labels: { instance: 'cache1' } }])
  })
  const shop = (values: readonly (typeof SHOP)[]) =>
    defineRole({
      name: 'shop',
      description: 'Of a user.',
      vars: {},
      provides: () => values.map((value) => scrape.of(value)),
      resources: () => [],
    })
  const SHOP: Parameters<typeof scrape.of>[0] = { job: 'shop', port: 9000, path: '/internal/metrics' }

  test("scrapes what a user's own role provides, beside the built-in ones, where and how it says", async () => {
    const role = shop([SHOP, { ...SHOP, port: 9001, address: '198.51.100.7', labels: { part: 'worker' } }])
    const host = await monitor({ hosts: HOSTS, beside: { ...BESIDE, web: [...BESIDE.web, role] } })
    expect(host.problems).toEqual([])
    expect(parse(host.setContent(SET, 'prometheus.yml'))).toMatchObject({
      scrape_configs: expect.arrayContaining([
        { job_name: 'shop', metrics_path: '/metrics', file_sd_configs: [{ files: ['targets/shop.yml'] }] },
      ]),
    })
    const labels = { instance: 'web1', tier: 'web', __metrics_path__: '/internal/metrics' }
    expect(targets(host, 'shop')).toMatchObject([
      { targets: ['192.0.2.11:9000'], labels },
      { targets: ['198.51.100.7:9001'], labels: { ...labels, part: 'worker' } },
      { targets: ['[2001:db8::12]:9000'], labels: { instance: 'web2' } },
      { labels: { instance: 'web2', part: 'worker' } },
    ])
  })

  test.each([
    [[SHOP, { ...SHOP, port: 9001 }], "job 'shop': 192.0.2.11:9000 and 192.0.2.11:9001 of web1 have the same labels"],
    [[{ ...SHOP, job: 'link' }], "role 'shop' provides metrics as the job 'link', which is the role's own"],
    [[{ ...SHOP, job: 'cache' }], "two jobs are named 'cache'"],
  ])('refuses metrics that it could not tell apart', async (values, message) => {
    const vars = { prometheus_jobs: [{ name: 'cache', targets: [{ instance: 'c', address: '192.0.2.50:9121' }] }] }
    const host = await monitor({ vars, hosts: HOSTS, beside: { ...BESIDE, web: [shop(values)] } })
    expect(host.problems).toEqual([expect.stringContaining(message)])
  })
})
