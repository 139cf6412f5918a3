import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { quote } from '../../../src/shell/quote.ts'
import { rulesAndTests } from '../../roles/prometheus/rendered.ts'
import { load } from '../traffic.ts'
import { until } from '../until.ts'
import { HOSTS, type Stack, TIERS } from './bed.ts'

const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (one, key) => (typeof one === 'object' && one !== null ? Reflect.get(one, key) : undefined),
    value,
  )
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** The HTTP API of Prometheus. */
function prometheus(bed: Stack) {
  /** What it answers under `data`. */
  const api = async (path: string): Promise<unknown> => {
    const answer: unknown = await (await fetch(`http://${bed.addressOf('mon1')}:9090/api/v1/${path}`)).json()
    return at(answer, 'data')
  }
  /** Values of an instant query, by a label. */
  const query = async (expr: string, label: string): Promise<Record<string, number>> => {
    const found = list(at(await api(`query?query=${encodeURIComponent(expr)}`), 'result'))
    return Object.fromEntries(found.map((one) => [String(at(one, 'metric', label)), Number(at(one, 'value', 1))]))
  }
  return { api, query }
}

const linksOf = (from: readonly string[], to: readonly string[]): string[] =>
  from.flatMap(() => to.map((name) => `link ${name} up`))

export function monitoring(bed: Stack): void {
  const { api, query } = prometheus(bed)
  const firing = (name: string, label: string) => query(`ALERTS{alertname="${name}",alertstate="firing"}`, label)
  const sum = async (expr: string) => Object.values(await query(`sum(${expr})`, '')).at(0) ?? 0

  describe('Prometheus', () => {
    test('has every target of the picture, and all are up', async () => {
      const up = list(at(await api('targets?state=active'), 'activeTargets')).map(
        (one) => `${at(one, 'labels', 'job')} ${at(one, 'labels', 'instance')} ${at(one, 'health')}`,
      )
      const { db, app, web, lb, monitor } = TIERS
      const job = (name: string, hosts: readonly string[]) => hosts.map((host) => `${name} ${host} up`)
      expect(up.toSorted()).toEqual(
        [
          ...job('node', HOSTS),
          ...job('blackbox', [...app, ...web, ...lb, ...monitor]),
          ...job('mysqld', db),
          ...job('app', app),
          ...job('nginx', web),
          ...job('haproxy', lb),
          ...job('prometheus', monitor),
          ...job('vip', bed.vips),
          ...linksOf(lb, web),
          ...linksOf(web, app),
          ...linksOf(app, db),
        ].toSorted(),
      )
    })

    test('evaluates every rule on live data without an error, and no alert fires', async () => {
      const rules = async () => list(at(await api('rules'), 'groups')).flatMap((group) => list(at(group, 'rules')))
      await until('all rules are evaluated', 30, async () =>
        (await rules()).every((rule) => at(rule, 'health') === 'ok'),
      )
      expect((await rules()).length).toBeGreaterThan(30)
      expect((await rules()).map((rule) => at(rule, 'lastError')).filter(Boolean)).toEqual([])
      const quiet = async () => Object.keys(await query('ALERTS{alertstate="firing"}', 'alertname')).length === 0
      await until('no alert', 60, quiet, 1000)
      for (const metric of [
        'instance:mysql_replication_lag_seconds',
        'link:probe_duration_seconds:avg5m',
        'address:vip_owners:count',
      ]) {
        expect(Object.keys(await query(metric, 'instance')).length, metric).toBeGreaterThan(0)
      }
      expect(Object.values(await query('address:vip_owners:count', 'address'))).toEqual([1, 1])
    })

    test('has rules that do what they should, by promtool on the host', async () => {
      for (const [path, text] of await rulesAndTests()) {
        const file = `/tmp/rules-test/${path}`
        const encoded = quote(Buffer.from(text).toString('base64'))
        await bed.on('mon1', `mkdir -p "$(dirname ${file})" && printf %s ${encoded} | base64 -d >${file}`)
      }
      expect(await bed.on('mon1', 'cd /tmp/rules-test && promtool test rules *.yml')).not.toContain('FAILED')
    })

    test('shows the requests per second that were sent', async () => {
      const rate = 24
      // Half of them ask the application, half are files.
      const urls = bed.vips.flatMap((vip) => [`http://${vip}/`, `http://${vip}/static/hello.html`])
      const traffic = load(urls, { rate })
      await sleep(75_000)
      const now = Date.now()
      const [byWeb, byApp, byNginx] = await Promise.all([
        query('server:haproxy_http_responses:rate1m{proxy="web"}', 'server'),
        query('instance:app_http_requests:rate1m', 'instance'),
        sum('instance:nginx_http_requests:rate1m'),
      ])
      const { sent, failures } = await traffic.stop()
      expect(failures).toEqual([])
      const seconds = sent.filter((time) => time > now - 65_000 && time <= now - 5_000).length / 60
      expect(seconds).toBeGreaterThan(rate * 0.8)
      const total = (values: Record<string, number>) => Object.values(values).reduce((a, b) => a + b, 0)
      expect(Object.keys(byWeb).toSorted()).toEqual(
        [...TIERS.web, 'BACKEND'].filter((name) => name in byWeb).toSorted(),
      )
      expect(Math.abs(total(byWeb) / seconds - 1)).toBeLessThan(0.1)
      expect(Object.keys(byApp).toSorted()).toEqual([...TIERS.app])
      expect(Math.abs(total(byApp) / (seconds / 2) - 1)).toBeLessThan(0.1)
      // nginx counts what asks for its health, too: each balancer once a second, and the probes of the links.
      const health = TIERS.lb.length * TIERS.web.length * (1 + 1 / 5)
      expect(Math.abs(byNginx / (seconds + health) - 1)).toBeLessThan(0.1)
    })

    test('tells who is dead, which address nobody has, and which replica stands still', async () => {
      await bed.host('web3').kill()
      await Promise.all(TIERS.lb.map((name) => bed.on(name, 'systemctl stop keepalived')))
      await bed.on('db3', "mysql -e 'STOP REPLICA SQL_THREAD'")
      const told = async () => {
        const [dead, gone, server, address, replica] = await Promise.all([
          firing('InstanceDown', 'instance'),
          firing('LinkDown', 'instance'),
          firing('ServerDown', 'server'),
          firing('VipWithoutOwner', 'address'),
          firing('ReplicationStopped', 'instance'),
        ])
        return { dead, gone, server, address, replica }
      }
      const all = async () => {
        const { dead, server, address, replica } = await told()
        return 'web3' in dead && 'web3' in server && bed.vips.every((vip) => vip in address) && 'db3' in replica
      }
      await until('all four alerts', 90, all, 1000)
      await bed.host('web3').start()
      await Promise.all(TIERS.lb.map((name) => bed.on(name, 'systemctl start keepalived')))
      // The run that comes next starts the thread again.
      const repaired = await bed.run('--limit', 'db3')
      expect(repaired.result('db3').changed).toContain('mysql-replication:server')
      const over = async () => Object.values(await told()).every((alerts) => Object.keys(alerts).length === 0)
      await until('none of them', 120, over, 1000)
    })
  })
}
