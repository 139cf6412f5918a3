import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Event, HostResult } from '../../src/execute/events.ts'
import { run } from '../../src/run.ts'
import { quote } from '../../src/shell/quote.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { rulesAndTests } from '../roles/prometheus/rendered.ts'

const SPEC = {
  name: 'monitoring',
  subnet: '10.79.31',
  hosts: [
    { name: 'web1', tier: 'web' },
    { name: 'lb1', tier: 'lb' },
    { name: 'mon1', tier: 'monitor' },
  ],
} as const
const NAMES = SPEC.hosts.map(({ name }) => name)
const VIP = '10.79.31.100'
const [LB, MON] = ['http://10.79.31.12', 'http://10.79.31.13:9090']

const VARS = {
  nginx_sites: [{ name: 'hello', files: { 'index.html': 'Hello\n' } }],
  haproxy_maxconn: 2000,
  haproxy_frontends: [{ name: 'http', backend: 'web' }],
  haproxy_backends: [{ name: 'web', tier: 'web' }],
  keepalived_instances: [{ name: 'A', vrid: 51, vip: `${VIP}/24`, owner: 'lb1' }],
  // The machine that runs the tests.
  prometheus_allow_from: ['10.79.31.1'],
  prometheus_scrape_interval: 4,
  prometheus_alert_for: { InstanceDown: '4s', VipWithoutOwner: '4s', ServerDown: '4s' },
}

let lab: Lab
let root: string
const inventory = (...path: string[]) => join(root, 'inventories', 'it', ...path)

const settings = (vars: Readonly<Record<string, unknown>>) =>
  writeFile(inventory('group_vars', 'all.yml'), stringify({ ...VARS, ...vars }))

async function provision(vars: Readonly<Record<string, unknown>>, limit: readonly string[] = []) {
  await settings(vars)
  const events: Event[] = []
  const options = { root, inventory: 'it', limit: [...limit], vars: [], tags: [], forks: 3, showScripts: false }
  const { summary } = await run({ ...options, check: false }, { emit: (event) => void events.push(event) })
  const results = new Map<string, HostResult>()
  for (const event of events) if (event.type === 'host-finished') results.set(event.host, event.result)
  return { summary, results }
}

const on = async (name: string, command: string): Promise<string> => {
  const { code, stdout, stderr } = (await lab.hosts.get(name)?.exec(command)) ?? { code: 255, stdout: '', stderr: '' }
  if (code !== 0) throw new Error(`${name}: ${command}: ${stderr}${stdout}`)
  return stdout.trim()
}

/** What the HTTP API answers under `data`. */
async function api(path: string): Promise<unknown> {
  const answer: unknown = await (await fetch(`${MON}/api/v1/${path}`)).json()
  return at(answer, 'data')
}

const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (one, key) => (typeof one === 'object' && one !== null ? Reflect.get(one, key) : undefined),
    value,
  )

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Value of an instant query, by a label. */
async function query(expr: string, label: string): Promise<Record<string, number>> {
  const found = list(at(await api(`query?query=${encodeURIComponent(expr)}`), 'result'))
  return Object.fromEntries(found.map((one) => [String(at(one, 'metric', label)), Number(at(one, 'value', 1))]))
}

async function until(what: string, holds: () => Promise<boolean>, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not after ${seconds} s: ${what}`)
    await sleep(500)
  }
}

const firing = (name: string, label: string) => query(`ALERTS{alertname="${name}",alertstate="firing"}`, label)

/** Requests, one each 25 ms, and when they were sent (seconds). */
function load(url: string) {
  const sent: number[] = []
  const failed: unknown[] = []
  const timer = setInterval(() => {
    sent.push(Date.now() / 1000)
    fetch(url)
      .then((answer) => {
        if (!answer.ok) failed.push(answer.status)
        return answer.arrayBuffer()
      })
      .catch((error: unknown) => failed.push(error))
  }, 25)
  return { sent, failed, stop: () => clearInterval(timer) }
}

let traffic: ReturnType<typeof load> | undefined
let first: HostResult[]

beforeAll(async () => {
  lab = await startLab(SPEC)
  root = join(lab.dir, 'project')
  await rm(root, { recursive: true, force: true })
  await mkdir(inventory('group_vars'), { recursive: true })
  const hosts = await readFile(join(lab.inventory, 'hosts.yml'), 'utf8')
  await writeFile(inventory('hosts.yml'), hosts.replaceAll(' ../', ` ${lab.dir}/`))
  await cp(new URL('../../inventories/site.yml', import.meta.url), inventory('site.yml'))
  // All at once, for time's sake: the monitor's gate waits for the others as it would for slow ones.
  const runs = await Promise.all(NAMES.map((name) => provision({ prometheus_gate_timeout: 240 }, [name])))
  first = runs.flatMap(({ results }) => [...results.values()])
  traffic = load(LB)
})

afterAll(async () => {
  traffic?.stop()
  await lab?.down()
})

describe('monitoring, on real hosts', () => {
  it('is there after the first run on bare hosts, which ends when every target is up', async () => {
    expect(first.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined])
    expect(first.find(({ host }) => host === 'mon1')?.changed).toContain('handler:gate prometheus targets')
    const up = list(at(await api('targets?state=active'), 'activeTargets')).map(
      (one) => `${at(one, 'labels', 'job')} ${at(one, 'labels', 'instance')} ${at(one, 'health')}`,
    )
    expect(up.sort()).toEqual(
      [
        ...NAMES.flatMap((name) => [`node ${name} up`, `blackbox ${name} up`]),
        ...['nginx web1 up', 'haproxy lb1 up', 'prometheus mon1 up', 'link web1 up', `vip ${VIP} up`],
      ].sort(),
    )
  })

  it('finds nothing to do then, at one exec per host', async () => {
    const { summary, results } = await provision({})
    expect(summary).toMatchObject({ ok: 3, changed: 0, failed: 0 })
    expect([...results.values()].map(({ traffic: { execs } }) => execs)).toEqual([1, 1, 1])
  })

  it('has rules that do what they should, by promtool on the host', async () => {
    for (const [path, text] of await rulesAndTests()) {
      const file = `/tmp/rules-test/${path}`
      await on(
        'mon1',
        `mkdir -p "$(dirname ${file})" && printf %s ${quote(Buffer.from(text).toString('base64'))} | base64 -d >${file}`,
      )
    }
    expect(await on('mon1', 'cd /tmp/rules-test && promtool test rules *.yml')).not.toContain('FAILED')
  })

  it('evaluates every rule on live data without an error', async () => {
    const rules = async () => list(at(await api('rules'), 'groups')).flatMap((group) => list(at(group, 'rules')))
    await until('all rules are evaluated', async () => (await rules()).every((rule) => at(rule, 'health') === 'ok'))
    expect((await rules()).length).toBeGreaterThan(30)
    expect((await rules()).map((rule) => at(rule, 'lastError')).filter(Boolean)).toEqual([])
  })

  it('sees the links between tiers, and who has a floating address', async () => {
    await until('the link is probed', async () => (await query('probe_success{job="link"}', 'from')).lb1 === 1)
    const owners = async () => (await query('address:vip_owners:count', 'address'))[VIP]
    await until('the address has one owner', async () => (await owners()) === 1)
    await until('it answers', async () => (await query('probe_success{job="vip"}', 'instance'))[VIP] === 1)
    await on('lb1', 'systemctl stop keepalived')
    await until('an address without an owner is told', async () => VIP in (await firing('VipWithoutOwner', 'address')))
    await on('lb1', 'systemctl start keepalived')
    await until('the alert ends', async () => !(VIP in (await firing('VipWithoutOwner', 'address'))))
    expect(await owners()).toBe(1)
  })

  it('refuses a broken rule in the words of promtool, before it replaces anything', async () => {
    const state =
      'cat /etc/prometheus/rules/*.yml /etc/prometheus/prometheus.yml | sha256sum; systemctl show -p MainPID prometheus'
    const before = await on('mon1', state)
    const { results } = await provision({ prometheus_rules: [{ alert: 'Broken', expr: 'sum(rate(up[' }] }, ['mon1'])
    const failure = results.get('mon1')?.failure
    expect(failure?.resource).toBe('file-set:prometheus')
    expect(failure?.log.join('\n')).toMatch(/Broken|parse error|could not parse/)
    expect(failure?.log.join('\n')).toContain('further.yml')
    expect(await on('mon1', state)).toBe(before)
    const good = await provision({ prometheus_rules: [{ alert: 'Further', expr: 'vector(1)' }] }, ['mon1'])
    expect(good.results.get('mon1')?.changed).toContain('handler:reload prometheus')
    await until('the new rule is in use', async () => 'Further' in (await query('ALERTS', 'alertname')))
    expect(await query('prometheus_config_last_reload_successful', 'instance')).toEqual({ mon1: 1 })
    // A new target needs no reload, and the gate says which one is not there.
    const job = { name: 'further', targets: [{ instance: 'nobody', address: '10.79.31.99:1' }] }
    const gated = await provision({ prometheus_jobs: [job], prometheus_gate_timeout: 6 }, ['mon1'])
    expect(gated.results.get('mon1')?.failure?.log.join('\n')).toContain('{instance="nobody", job="further"}')
  })

  it('tells who does not answer', async () => {
    await on('lb1', 'systemctl stop prometheus-node-exporter')
    await until('the alert fires', async () => (await firing('InstanceDown', 'instance')).lb1 === 1)
    await on('lb1', 'systemctl start prometheus-node-exporter')
    await until('the alert ends', async () => !('lb1' in (await firing('InstanceDown', 'instance'))))
  })

  it('shows the requests per second that were sent', async () => {
    const began = traffic?.sent[0] ?? 0
    await sleep(Math.max(0, began * 1000 + 68_000 - Date.now()))
    const now = Date.now() / 1000
    const [{ web1: byNginx }, { web1: byHaproxy }] = await Promise.all([
      query('instance:nginx_http_requests:rate1m', 'instance'),
      query('server:haproxy_http_responses:rate1m', 'server'),
    ])
    traffic?.stop()
    const rate = (traffic?.sent ?? []).filter((time) => time > now - 62 && time <= now - 2).length / 60
    expect(traffic?.failed).toEqual([])
    expect(rate).toBeGreaterThan(20)
    // nginx counts health checks and scrapes as well.
    for (const seen of [byNginx, byHaproxy]) expect(Math.abs((seen ?? 0) / rate - 1)).toBeLessThan(0.1)
  })

  it('tells which server is dead', async () => {
    await on('web1', 'systemctl stop nginx')
    await until('the alert fires', async () => (await firing('ServerDown', 'server')).web1 === 1)
    await on('web1', 'systemctl start nginx')
    await until('the alert ends', async () => !('web1' in (await firing('ServerDown', 'server'))))
  })

  it('lets only those in who should', async () => {
    const reach = (from: string, to: string) =>
      on(from, `timeout 3 bash -c 'exec 3<>/dev/tcp/${to}' 2>/dev/null && echo open || echo closed`)
    expect(await reach('web1', '10.79.31.13/9090')).toBe('closed')
    expect(await reach('web1', '10.79.31.12/8405')).toBe('closed')
    for (const port of [9100, 9113, 9115]) {
      expect(await reach('mon1', `10.79.31.11/${port}`)).toBe('open')
      expect(await reach('lb1', `10.79.31.11/${port}`)).toBe('closed')
    }
    expect(await reach('web1', '10.79.31.13/9115')).toBe('closed')
  })
})
