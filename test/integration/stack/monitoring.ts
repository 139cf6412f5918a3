import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quote } from '../../../src/shell/quote.ts'
import { rulesAndTests } from '../../roles/prometheus/rendered.ts'
import { type Load, load } from '../traffic.ts'
import { until } from '../until.ts'
import { HOSTS, type Stack, TIERS } from './bed.ts'
import { at, list, prometheus } from './prometheus.ts'

const linksOf = (from: readonly string[], to: readonly string[]): string[] =>
  from.flatMap(() => to.map((name) => `link ${name} up`))

/** Requests per second; half of them ask the application, half are files. */
const RATE = 12
/** A rate over a minute, of samples and of a rule that are up to ten seconds old each. */
const SEEN_AFTER_S = 82

/** @param meanwhile tests that leave the hosts as they are: they are done while the minute of the rates goes by */
export function monitoring(bed: Stack, meanwhile: () => void): void {
  const { api, query } = prometheus(bed)
  const sum = async (expr: string) => Object.values(await query(`sum(${expr})`, '')).at(0) ?? 0

  describe('under a steady load', () => {
    let traffic: Load
    let began = 0
    beforeAll(() => {
      const urls = bed.vips.flatMap((vip) => [`http://${vip}/`, `http://${vip}/static/hello.html`])
      traffic = load(urls, { rate: RATE })
      began = Date.now()
    })
    afterAll(() => traffic.stop())

    meanwhile()

    test('Prometheus has every target of the picture, and all are up', async () => {
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

    test('Prometheus evaluates every rule on live data without an error, and no alert fires', async () => {
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

    test('Prometheus has rules that do what they should, by promtool on the host', async () => {
      for (const [path, text] of await rulesAndTests()) {
        const file = `/tmp/rules-test/${path}`
        const encoded = quote(Buffer.from(text).toString('base64'))
        await bed.on('mon1', `mkdir -p "$(dirname ${file})" && printf %s ${encoded} | base64 -d >${file}`)
      }
      expect(await bed.on('mon1', 'cd /tmp/rules-test && promtool test rules *.yml')).not.toContain('FAILED')
    })

    test('Prometheus shows the requests per second that were sent, and none of them failed', async () => {
      await sleep(Math.max(0, began + SEEN_AFTER_S * 1000 - Date.now()))
      const now = Date.now()
      const [byWeb, byApp, byNginx] = await Promise.all([
        query('server:haproxy_http_responses:rate1m{proxy="web"}', 'server'),
        query('instance:app_http_requests:rate1m', 'instance'),
        sum('instance:nginx_http_requests:rate1m'),
      ])
      const { sent, failures } = await traffic.stop()
      expect(failures).toEqual([])
      const seconds = sent.filter((time) => time > now - 65_000 && time <= now - 5_000).length / 60
      expect(seconds).toBeGreaterThan(RATE * 0.8)
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
  })
}
