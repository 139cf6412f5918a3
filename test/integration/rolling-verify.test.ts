import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { testLab } from '../lab/test-labs.ts'
import { expectReadable, PICTURES, reportBrowser } from './report-page.ts'
import type { Project } from './test-bed.ts'
import { testBed } from './test-bed.ts'
import { load } from './traffic.ts'

/** Two hosts of an application behind a web server, and the Prometheus that is asked about them: all by provision. */
const bed = testBed({
  ...testLab('rolling-verify'),
  hosts: [
    { name: 'app1' },
    { name: 'app2', user: 'deploy' },
    { name: 'web1', installed: true },
    { name: 'mon1', installed: true },
  ],
})
const BUILD = fileURLToPath(new URL('../lab/app/build.sh', import.meta.url))
const APPS = ['app1', 'app2'] as const
const APP = {
  app_name: 'shop',
  app_exec: '/usr/bin/python3 app.py',
  app_port: 3000,
  app_packages: ['python3'],
  app_firewall: false,
}
const WEB = {
  nginx_upstreams: [{ name: 'app', tier: 'tier-app', port: 3000 }],
  nginx_sites: [{ name: 'shop', locations: [{ path: '/', proxy: 'app' }] }],
  nginx_firewall: false,
}
const MONITOR = {
  prometheus_scrape_interval: 1,
  prometheus_links: [],
  prometheus_firewall: false,
}
const QPS = 'verify:it gets requests like its peers'
const ERRORS = 'verify:it does not fail more often than before'

let project: Project

/** Deploys a version, which must prove itself. */
function deploy(version: string, verify: Readonly<Record<string, unknown>> = {}, ...flags: string[]) {
  const path = `releases/${version}.tar.gz`
  const sha256 = execFileSync('sh', [BUILD, version, join(project.dir, path)], { encoding: 'utf8' }).trim()
  const vars = {
    app_version: version,
    app_artifact: { path, sha256 },
    app_verify: { window: 5, timeout: 30, min_qps: 4, ...verify },
  }
  return project.run(
    ...flags,
    ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}=${JSON.stringify(value)}`]),
  )
}

/** Requests that the application answers with 404, or with 503 where they want its database; to one host or by web1. */
const requests = (hosts: readonly string[], path = 'nothing') =>
  load(
    hosts.map((name) => `http://${bed.host(name).address}:${name === 'web1' ? 80 : 3000}/${path}`),
    { rate: 40 },
  )

/** Where a step of a host ended, among all events. */
const endOf = (events: readonly Event[], host: string, key: string): number =>
  events.findIndex((event) => event.type === 'step-finished' && event.host === host && event.key === key && event.ok)
/** What went through the applications meanwhile, as the run tells it at its end for its report. */
const throughputIn = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'tier-throughput' && event.role === 'app' ? [event] : []))
const most = (samples: readonly { readonly perSecond: number }[] = []): number =>
  Math.max(0, ...samples.map(({ perSecond }) => perSecond))
const begin = (events: readonly Event[], host: string): number =>
  events.findIndex((event) => event.type === 'host-started' && event.host === host)

const browser = reportBrowser()

/** The report of the newest run, made of its record as people make it. */
async function reportOfLast(): Promise<string> {
  const file = join(PICTURES, 'rollout.html')
  const made = await project.start(['--out', file], { command: 'report', json: false }).done
  expect(made.status, made.stderr).toBe(0)
  return file
}

beforeAll(async () => {
  project = bed.project({
    roles: {},
    use: [],
    policy: {},
    hosts: {
      ...Object.fromEntries(APPS.map((name) => [name, { roles: ['app'], vars: APP }])),
      web1: { roles: ['nginx'], vars: WEB },
      mon1: { roles: ['prometheus'], vars: MONITOR },
    },
  })
  // Nobody asks a Prometheus that is only now made about hosts that are only now made.
  const first = await deploy('1')
  expect(first.status, first.stdout).toBe(0)
  expect(endOf(first.events, 'app1', QPS)).toBe(-1)
})

describe('a release that must prove itself to Prometheus', () => {
  test('each host is back at its share of the requests before the next one is begun', async () => {
    const traffic = requests(['web1'])
    const { events, status, stdout } = await deploy('2')
    await traffic.stop()
    expect(status, stdout).toBe(0)
    const order = APPS.flatMap((name) => [
      begin(events, name),
      endOf(events, name, 'undrain:back in the upstreams'),
      endOf(events, name, QPS),
      endOf(events, name, ERRORS),
    ])
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    const [counted] = throughputIn(events)
    expect(counted).toMatchObject({ on: 'mon1', tier: 'tier-app' })
    expect(most(counted?.requests)).toBeGreaterThan(4)
    expect(counted?.errors?.length).toBeGreaterThan(3)
    expect(most(counted?.errors)).toBe(0)

    const file = await reportOfLast()
    for (const width of [360, 820, 1400]) {
      const page = await browser.opened(file, { viewport: { width, height: 900 } })
      expect(await page.locator('.hosts .host').count()).toBe(4)
      for (const name of APPS) {
        const lane = page.getByRole('img', { name: new RegExp(`^${name}: log in `) })
        for (const phase of ['probe', 'drain', 'change', 'gate', 'undrain', 'verify'])
          expect(await lane.locator(`rect.d-${phase}`).count(), `${name} ${phase}`).toBeGreaterThan(0)
      }
      const load = page.getByRole('img', { name: /^tier-app \(app\): requests: .*; no errors$/ })
      const curve = await load.locator('path.c-requests').boundingBox()
      expect(curve?.width).toBeGreaterThan(width / 4)
      await expectReadable(page, `rollout-${width}`, 100)
    }
  })

  test('requests that do not come back stop the tier; the host is in service', async () => {
    const traffic = requests(['app2'])
    const run = await deploy('3', { timeout: 2 })
    await traffic.stop()
    expect(run.status).toBe(1)
    expect(run.failure('app1')).toMatchObject({
      code: 'verify',
      message: expect.stringMatching(
        /^it gets requests like its peers on mon1: it does not hold: requests\/s 0\.00, its peers' mean \d+\.\d\d after 2 s$/,
      ),
      hint: expect.stringContaining('in service with the new version'),
    })
    expect(run.result('app1')).toMatchObject({ outcome: 'failed', putBack: true })
    expect(run.result('app2')).toMatchObject({ outcome: 'skipped' })
    expect(await bed.on('web1', 'cat /etc/nginx/provision/upstreams.conf')).not.toContain('drained')
  })

  test('errors that were not there before stop it too', async () => {
    const traffic = requests(APPS, '')
    const run = await deploy('3', { timeout: 8 })
    await traffic.stop()
    // The one that failed before is as declared, and not asked again.
    expect(run.result('app1')).toMatchObject({ outcome: 'ok' })
    expect(run.failure('app2')).toMatchObject({
      code: 'verify',
      message: expect.stringMatching(
        /^it does not fail more often than before on mon1: it does not hold: errors\/s \d+\.\d\d, requests\/s \d+\.\d\d, part that failed before/,
      ),
    })
    expect(most(throughputIn(run.events)[0]?.errors)).toBeGreaterThan(1)
  })

  test('with too little traffic to tell, nothing is concluded', async () => {
    // So that the requests of the test before are out of every window.
    const run = await deploy('4', { window: 10 }, '--limit', 'app1')
    expect(run.status, run.stdout).toBe(0)
    expect(endOf(run.events, 'app1', ERRORS)).toBeGreaterThan(-1)
  })

  test('a Prometheus that does not answer has not said yes, unless the inventory says so', async () => {
    await bed.on('mon1', 'systemctl stop prometheus')
    const run = await deploy('5', { timeout: 2 })
    expect(run.failure('app1')).toMatchObject({
      code: 'verify',
      message: 'it gets requests like its peers on mon1: prometheus does not answer on port 9090 after 2 s',
    })
    expect(throughputIn(run.events)).toMatchObject([{ unknown: 'prometheus does not answer on port 9090' }])
    const next = await deploy('5', { timeout: 1, unanswered: 'go on' })
    expect(next.status, next.stdout).toBe(0)
    const told = next.events.flatMap((event) => (event.type === 'output' && event.host === 'app2' ? [event.line] : []))
    expect(told).toContain('mon1: prometheus does not answer on port 9090; going on after 1 s')
  })
})
