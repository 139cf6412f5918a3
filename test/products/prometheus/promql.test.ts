import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type PromqlQuestion, promqlHolds } from '../../../src/products/prometheus/promql.ts'
import { NEVER, UNANSWERED } from '../../../src/rollout/step.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

const FREE_PORT = 1
const vector = (...values: string[]) =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1763866000.1, value] })) },
  })

/** Something that answers as Prometheus does; queries that it does not know are refused as it refuses bad ones. */
async function prometheus(answers: Readonly<Record<string, string>>): Promise<number> {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('query') ?? ''
    const body = answers[query]
    response.statusCode = body === undefined ? 400 : 200
    response.end(body ?? JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error: "x"' }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return port
}

/** Asks with the shell that targets have. */
async function ask(question: PromqlQuestion) {
  const { until } = promqlHolds(question, { on: ['mon1'] })
  const child = spawn('dash', ['-eu'])
  const said = text(child.stdout)
  child.stdin.end(until?.sh)
  const [status] = await once(child, 'exit')
  return { status, said: (await said).trim() }
}

describe('promqlHolds', () => {
  it('holds when the answer has a series', async () => {
    const port = await prometheus({ 'up{job="a b"} > 0': vector('1') })
    expect(await ask({ query: 'up{job="a b"} > 0', port })).toEqual({ status: 0, said: '' })
  })

  it('tells the figures where it does not hold', async () => {
    const port = await prometheus({ 'a > b': vector(), a: vector('0.30000000000000004'), b: vector('12'), c: vector() })
    const figures = { "its own 'rate'": 'a', 'of its peers': 'b', gone: 'c' }
    expect(await ask({ query: 'a > b', port, figures })).toEqual({
      status: 1,
      said: "it does not hold: its own 'rate' 0.30, of its peers 12.00, gone none",
    })
    expect(await ask({ query: 'a > b', port })).toEqual({ status: 1, said: 'it does not hold' })
  })

  it('is not answered where what it needs is not known', async () => {
    const port = await prometheus({ 'count(a)': vector(), a: vector('1') })
    expect(await ask({ query: 'a', needs: 'count(a)', port })).toEqual({
      status: UNANSWERED,
      said: 'prometheus knows no count(a)',
    })
  })

  it('is not answered where nobody is, or somebody else', async () => {
    const port = await prometheus({ a: '<html>' })
    expect(await ask({ query: 'a', port: FREE_PORT })).toEqual({
      status: UNANSWERED,
      said: 'prometheus does not answer on port 1',
    })
    expect(await ask({ query: 'a', port })).toEqual({
      status: UNANSWERED,
      said: 'prometheus does not tell: 200 <html>',
    })
  })

  it('does not wait for a query that is refused', async () => {
    const port = await prometheus({})
    const { status, said } = await ask({ query: 'rate(', port })
    expect(status).toBe(NEVER)
    expect(said).toContain('parse error')
  })

  it('asks the first address that answers', async () => {
    const port = await prometheus({ a: vector('1') })
    expect(await ask({ query: 'a', port, address: ['127.0.0.2', '127.0.0.1'] })).toMatchObject({ status: 0 })
  })
})
