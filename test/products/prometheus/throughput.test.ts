import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type TierThroughput, tierThroughput } from '../../../src/products/prometheus/throughput.ts'
import { samplesIn } from '../../../src/rollout/throughput.ts'
import { joinScripts, sh } from '../../../src/shell/script.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

interface Asked {
  readonly query: string
  readonly seconds: number
  readonly step: string
}

/** Answers a question about a time as Prometheus does, with these series; and what it was asked. */
async function prometheus(answer: (asked: Asked, end: number) => unknown) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname !== '/api/v1/query_range') response.statusCode = 404
    const end = Number(searchParams.get('end'))
    const one = {
      query: searchParams.get('query') ?? '',
      seconds: end - Number(searchParams.get('start')),
      step: searchParams.get('step') ?? '',
    }
    asked.push(one)
    response.end(JSON.stringify(answer(one, end)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  return { asked, port: (server.address() as AddressInfo).port }
}
const matrix = (...series: (readonly (readonly [number, string])[])[]) => ({
  status: 'success',
  data: { resultType: 'matrix', result: series.map((values) => ({ metric: {}, values })) },
})

const monitor = (port: number, scrapeInterval?: number): TierThroughput['monitors'][number] => ({
  ...{ host: { name: 'mon1', tier: 'mon', groups: [], address: '127.0.0.1' }, role: 'prometheus' },
  value: { port, appRequests: 'hits_total', ...(scrapeInterval && { scrapeInterval }) },
})
const SHOP = {
  requests: { metric: 'hits_total', matchers: ['tier="shop"'] },
  errors: [{ metric: 'hits_total', matchers: ['tier="shop"', 'code=~"5.."'] }],
}

async function ask(given: TierThroughput, { seconds = 330, step = 3 } = {}) {
  const { script } = tierThroughput(given) ?? { script: sh`echo nobody` }
  const child = spawn('dash', ['-eu'])
  const said = text(child.stdout)
  child.stdin.end(joinScripts([sh`seconds=${seconds} step=${step}`, script]).sh)
  const [status] = await once(child, 'exit')
  return { status, lines: (await said).split('\n').filter((line) => line !== '') }
}

describe('tierThroughput', () => {
  it('asks for the rate of the whole tier over the time, and how many failed', async () => {
    const { port, asked } = await prometheus(({ query }, end) =>
      matrix(
        query.includes('5..')
          ? [[end - 3, '0']]
          : [
              [end - 300, '12.5'],
              [end - 3, '1e+06'],
              [end, 'NaN'],
            ],
      ),
    )
    const { status, lines } = await ask({ monitors: [monitor(port, 2)], ...SHOP })
    expect(status).toBe(0)
    expect(samplesIn(lines)).toEqual({
      requests: [
        { ago: 300, perSecond: 12.5 },
        { ago: 3, perSecond: 1e6 },
      ],
      errors: [{ ago: 3, perSecond: 0 }],
    })
    const all = 'sum(rate(hits_total{tier="shop"}[8s]))'
    expect(asked).toEqual([
      { query: all, seconds: 330, step: '3' },
      {
        query: `sum(rate(hits_total{tier="shop",code=~"5.."}[8s])) or 0 * ${all}`,
        ...{ seconds: 330, step: '3' },
      },
    ])
  })

  it('takes a rate over no less than lies between two samples', async () => {
    const { port, asked } = await prometheus((_, end) => matrix([[end, '1']]))
    await ask({ monitors: [monitor(port)], requests: SHOP.requests }, { seconds: 36_000, step: 300 })
    await ask({ monitors: [monitor(port)], requests: SHOP.requests })
    expect(asked.map(({ query }) => query)).toEqual([
      'sum(rate(hits_total{tier="shop"}[300s]))',
      'sum(rate(hits_total{tier="shop"}[60s]))',
    ])
  })

  it('tells why it is not known: nothing of that name, nobody there, somebody else', async () => {
    const { port } = await prometheus(() => matrix())
    expect(await ask({ monitors: [monitor(port)], ...SHOP })).toEqual({
      ...{ status: 4, lines: ['prometheus knows nothing of hits_total'] },
    })
    expect(await ask({ monitors: [monitor(1)], ...SHOP })).toEqual({
      ...{ status: 4, lines: ['prometheus does not answer on port 1'] },
    })
    const other = await prometheus(() => 'It works!')
    const { status, lines } = await ask({ monitors: [monitor(other.port)], ...SHOP })
    expect([status, lines]).toEqual([4, ['prometheus does not tell: 200 "It works!"']])
  })

  it('is asked on every host that has one, where those are alike; of none where nobody has', () => {
    const second = { ...monitor(9090), host: { name: 'mon2', tier: 'mon', groups: [], address: '192.0.2.7' } }
    const third = { ...monitor(9999), host: { name: 'mon3', tier: 'mon', groups: [], address: '192.0.2.8' } }
    const made = tierThroughput({ monitors: [monitor(9090), second, third], ...SHOP })
    expect(made?.on).toEqual(['mon1', 'mon2'])
    expect(made?.script.sh).toContain("addresses='127.0.0.1 192.0.2.7 127.0.0.1'")
    expect(tierThroughput({ monitors: [], ...SHOP })).toBeUndefined()
  })
})
