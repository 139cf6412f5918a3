import { describe, expect, it } from 'vitest'
import app from '../../../roles/app/index.ts'
import haproxy from '../../../roles/haproxy/index.ts'
import nginx from '../../../roles/nginx/index.ts'
import prometheus from '../../../roles/prometheus/index.ts'
import { LIKE_PEERS, type LikePeers, likePeers } from '../../../src/products/prometheus/like-peers.ts'
import { compiled } from '../../roles/compiled.ts'

const OPTIONS = { qps_ratio: 0.5, error_ratio: 0.01, min_qps: 5, window: 60, timeout: 180, unanswered: 'fail' } as const
const monitor = { host: { name: 'm1', tier: 'mon', groups: [], address: '192.0.2.9' }, role: 'prometheus' }
const MONITORS = [{ ...monitor, value: { port: 9999, appRequests: 'hits_total' } }]

const asked = (more: Partial<LikePeers> = {}) =>
  likePeers({
    ...{ host: { name: 's1', tier: 'shop' }, peers: [{ name: 's1' }, { name: 's2' }], monitors: MONITORS },
    ...{ of: 'shop_verify', options: OPTIONS },
    requests: { metric: 'requests_total', matchers: ['job="shop"'] },
    errors: [{ requests: { metric: 'requests_total' }, errors: [{ metric: 'failures_total' }] }],
    ...more,
  })
/** Queries of a step, in their order. */
const queries = ({ until }: { readonly until?: { readonly sh: string } | undefined }) =>
  [...(until?.sh ?? '').matchAll(/^prometheus ('[^']*'|\S+?);? *(?:if.*)?$/gm)].map(([, word = '']) =>
    decodeURIComponent(word.replaceAll(/^'|'$/g, '')),
  )

describe('likePeers', () => {
  it("asks the inventory's Prometheus, first when a whole window has passed", () => {
    const [qps, errors] = asked()
    expect(qps).toMatchObject({ on: ['m1'], initialDelay: 60, timeout: 180 })
    expect(errors).toMatchObject({ on: ['m1'], initialDelay: 0, timeout: 180 })
    expect(qps?.until?.sh).toContain("addresses='192.0.2.9 127.0.0.1' port=9999")
    expect(asked({ options: { ...OPTIONS, unanswered: 'go on' } })[1]).toMatchObject({
      onTimeout: 'continueIfUnanswered',
    })
  })

  it('compares with the others of the tier, and holds where they get next to nothing', () => {
    const [qps, errors] = asked()
    const peers = 'sum(rate(requests_total{job="shop",instance=~"s2"}[60s]))'
    const own = 'sum(rate(requests_total{job="shop",instance=~"s1"}[60s]))'
    expect(queries(qps ?? {}).slice(0, 2)).toEqual([
      'count(requests_total{job="shop",instance=~"s1|s2"})',
      `(${peers} or vector(0)) < 5 or (${own} or vector(0)) >= 0.5 * ((${peers}) / count(count by (instance) (requests_total{job="shop",instance=~"s2"})))`,
    ])
    expect(queries(errors ?? {})[1]).toBe(
      '(sum(rate(requests_total{instance=~"s2"}[60s])) or vector(0)) < 5 or ' +
        '(sum(rate(failures_total{instance=~"s1"}[60s])) or vector(0)) <= ' +
        '(0.01 + ((sum(rate(failures_total{instance=~"s1|s2"}[300s] offset 600s))) / ' +
        '(sum(rate(requests_total{instance=~"s1|s2"}[300s] offset 600s)) > 0) or vector(0))) * ' +
        '(sum(rate(requests_total{instance=~"s1"}[60s])) or vector(0))',
    )
  })

  it('asks nothing where it is not wanted, or there is nobody to be compared with', () => {
    expect(asked({ options: undefined })).toEqual([])
    expect(asked({ peers: [{ name: 's1' }] })).toEqual([])
  })

  it('needs a Prometheus', () => {
    expect(() => asked({ monitors: [] })).toThrow(
      'shop_verify asks Prometheus, and no host of the inventory has the role prometheus',
    )
  })

  it('has the defaults that it documents', () => {
    const defaults = Object.entries(LIKE_PEERS.properties).map(([name, schema]) => [name, schema.default])
    expect(Object.fromEntries(defaults)).toEqual(OPTIONS)
  })
})

describe('roles that can ask', () => {
  it('nginx: its own requests, and the failures that load balancers count', async () => {
    const beside = { monitor: [prometheus], lb: [haproxy] }
    const vars = { nginx_verify: {}, haproxy_backends: [{ name: 'front', tier: 'web' }] }
    const steps = (await compiled(nginx, { vars, beside })).rollout?.verify ?? []
    expect(steps.map(({ name }) => name)).toEqual([
      'it gets requests like its peers',
      'it does not fail more often than before',
    ])
    expect(queries(steps[0] ?? {})[0]).toBe('count(nginx_http_requests_total{job="nginx",instance=~"web1|web2|web3"})')
    expect(queries(steps[1] ?? {})[1]).toContain(
      'haproxy_server_http_responses_total{proxy="front",code="5xx",server=~"web1"}',
    )
    expect((await compiled(nginx)).rollout?.verify).toEqual([])
  })

  it('app: the counter that the monitor is told of', async () => {
    const vars = {
      ...{ app_name: 'shop', app_version: '1', app_exec: '/bin/shop', app_port: 3000 },
      app_artifact: { path: 'shop.tar.gz', sha256: '0'.repeat(64) },
      app_verify: { window: 30 },
      prometheus_app_requests: 'hits_total',
    }
    const [qps, errors] = (await compiled(app, { vars, beside: { monitor: [prometheus] } })).rollout?.verify ?? []
    expect(qps).toMatchObject({ initialDelay: 30, on: ['mon1'] })
    expect(queries(qps ?? {})[0]).toBe('count(hits_total{job="app",instance=~"web1|web2|web3"})')
    expect(queries(errors ?? {})[1]).toContain(
      'sum(rate(hits_total{job="app",status=~"5..",instance=~"web1"}[30s])) or sum(rate(hits_total{job="app",code=~"5..",instance=~"web1"}[30s]))',
    )
  })
})
