import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { TARGET } from '../../../src/host/target.ts'
import { drainedMark, pendingMarker } from '../../../src/plan/target-state.ts'
import { buildRelease } from '../../lab/releases.ts'
import { testLab } from '../../lab/test-labs.ts'
import { lbVars } from '../lb-vars.ts'
import { endLease } from '../lease.ts'
import { offerNewer } from '../newer-package.ts'
import { type ProgramOptions, provision, type Run, type Running, startProvision } from '../provision.ts'
import { type TestBed, testBed } from '../test-bed.ts'
import { type Failure, load } from '../traffic.ts'
import { until } from '../until.ts'

const PLACE = testLab('rolling-tiers')
export const TIERS = {
  app: ['app1', 'app2', 'app3'],
  web: ['web1', 'web2', 'web3'],
  lb: ['lb1', 'lb2'],
} as const
export const HOSTS: readonly string[] = Object.values(TIERS).flat()

/** One balancer on trixie, one on bookworm: haproxy 3.0 and 2.6, keepalived 2.3 and 2.2; bare, and with sudo-rs, in lb.test.ts. */
const SPECS = [
  ...TIERS.app.map((name) => ({ name, tier: 'app' })),
  ...TIERS.web.map((name) => ({ name, tier: 'web', user: 'deploy' as const, installed: true })),
  { name: 'lb1', tier: 'lb', user: 'deploy', sudo: 'password', installed: true } as const,
  { name: 'lb2', tier: 'lb', user: 'deploy', suite: 'bookworm' } as const,
]
const one = { serial: 1, max_fail_percentage: 0 }
const SITE = {
  tiers: [
    { name: 'app', roles: ['app'], rollout: one },
    { name: 'web', roles: ['nginx'] },
    { name: 'lb', roles: ['ufw', 'haproxy', 'keepalived'], rollout: one },
  ],
}
const APP = {
  app_name: 'notes',
  app_packages: ['python3'],
  app_exec: '/usr/bin/python3 app.py',
  app_port: 3000,
  app_firewall: false,
  app_ready_timeout: 10,
}
const WEB = {
  nginx_upstreams: [{ name: 'app', tier: 'app', port: 3000, paired: true }],
  nginx_sites: [{ name: 'notes', listen: [80], locations: [{ path: '/', proxy: 'app' }] }],
  nginx_real_ip_from_tiers: ['lb'],
  nginx_firewall: false,
}
const LB = lbVars(PLACE.subnet)

/** What clients saw while something went on. */
export interface Seen<T> {
  readonly value: T
  readonly sent: number
  /** When those were sent that were broken off and sent again, in milliseconds since the epoch. */
  readonly retried: readonly number[]
  readonly failures: readonly Failure[]
}

/** Three tiers behind two floating addresses, which requests come through all the time. */
export interface RollingBed extends Pick<TestBed, 'host' | 'on'> {
  /** Writes what a tier is given besides what it always is. */
  given(tier: keyof typeof TIERS, vars: Readonly<Record<string, unknown>>): void
  /** Declares a release of the application, built with that flaw or none. */
  release(version: string, flaw?: string): Promise<void>
  run(...args: string[]): Promise<Run>
  command(name: string, ...args: string[]): Promise<Run>
  start(args: readonly string[], options?: ProgramOptions): Running
  /** Requests through both addresses, each answered by an application server, while something is done. */
  underLoad<T>(work: () => Promise<T>, retries?: number): Promise<Seen<T>>
  /** One of the pages that the load asks for. */
  readonly url: string
  /** One line of haproxy's runtime API. */
  runtime(lb: string, command: string): Promise<string>
  /** Admin state of each web server on both balancers: 0 ready, 1 maintenance, 8 drained. */
  adminStates(): Promise<string[]>
  /** Each floating address is with its owner, or soon is. */
  addressesHome(): Promise<void>
  /** The version that each application server serves. */
  versions(): Promise<string[]>
  /** Hosts that bear the mark of being out of service. */
  marked(): Promise<string[]>
  /** Leaves what a package leaves that was changed while the run died: a restart that is pending. */
  owes(host: string, ...units: string[]): Promise<void>
  /** A newer version of a package that the host has, in a repository on the host itself. */
  offersNewer(host: string, pkg: string): Promise<void>
  /** The half minute for which a run that was killed keeps others out is over. */
  endLease(host: string): Promise<void>
  /** Nothing is drained any more: on no host, on no balancer, on no web server; each address is with its owner. */
  allBack(): Promise<void>
  /** Everything is in service, and one more run finds nothing to do, in one exec per host. */
  allWell(): Promise<void>
}

const VERSION = `python3 -c 'import json, urllib.request as r; print(json.load(r.urlopen("http://127.0.0.1:3000/healthz"))["version"])'`

export function rollingBed(): RollingBed {
  const bed = testBed({ ...PLACE, hosts: SPECS })
  const vips = [101, 102].map((last) => `${PLACE.subnet}.${last}`)
  const urls = vips.map((vip) => `http://${vip}/metrics`)
  const write = (path: string, data: unknown) => writeFileSync(join(bed.lab.inventory, path), JSON.stringify(data))
  const given: RollingBed['given'] = (tier, vars) =>
    write(`group_vars/${tier}.yml`, { ...{ app: { ...APP, ...released }, web: WEB, lb: LB }[tier], ...vars })
  let released = {}
  const release = async (version: string, flaw = '') => {
    const path = join(bed.dir, `notes-${version}.tar.gz`)
    released = { app_version: version, app_artifact: { path, sha256: await buildRelease(version, path, flaw) } }
    given('app', {})
  }
  const words = (args: readonly string[]) => ['-i', bed.lab.inventory, ...args]
  const here = (options: ProgramOptions): ProgramOptions => ({
    ...options,
    // In the checkout each run would read its thousand files, for the record.
    cwd: bed.dir,
    env: { XDG_CACHE_HOME: join(bed.dir, 'cache'), XDG_STATE_HOME: join(bed.dir, 'state') },
  })
  const start: RollingBed['start'] = (args, options = {}) => startProvision(words(args), here(options))
  const run = (...args: string[]) => provision(words(args), here({}))
  const runtime = (lb: string, command: string) =>
    bed.on(lb, `printf '%s\\n' '${command}' | socat -t5 - /run/haproxy/admin.sock`)
  const onEach = (names: readonly string[], command: string) =>
    Promise.all(names.map((name) => bed.host(name).exec(command)))
  const adminStates = async () => {
    const answers = await Promise.all(TIERS.lb.map((name) => runtime(name, 'show servers state web')))
    return answers.map((text) =>
      text
        .split('\n')
        .filter((line) => / web \d+ web/.test(line))
        .map((line) => line.split(' ')[6])
        .join(''),
    )
  }
  const allUp = async () => {
    const answers = await Promise.all(TIERS.lb.map((name) => runtime(name, 'show stat web 4 -1')))
    return answers.every((text) => (text.match(/^web,web\d,.*,UP,/gm) ?? []).length === TIERS.web.length)
  }
  const owners = async () => {
    const held = await onEach(TIERS.lb, 'ip -o -4 addr show dev eth0')
    return vips.map((vip) => TIERS.lb.filter((_, i) => held[i]?.stdout.includes(` ${vip}/`)).join(' '))
  }
  const marked = async () => {
    const found = await onEach(HOSTS, `test -e ${drainedMark(TARGET.stateDir)}`)
    return HOSTS.filter((_, i) => found[i]?.code === 0)
  }
  const addressesHome = async () => {
    await until('each address is with its owner', 30, async () => (await owners()).join() === 'lb1,lb2')
  }
  const allBack = async () => {
    expect(await marked()).toEqual([])
    expect(await adminStates()).toEqual(['000', '000'])
    const upstreams = await onEach(TIERS.web, 'cat /etc/nginx/provision/upstreams.conf')
    for (const { stdout } of upstreams) {
      expect(stdout).toContain(':3000')
      expect(stdout).not.toContain('down')
    }
    await until('all servers are up', 30, allUp)
    await addressesHome()
  }

  beforeAll(async () => {
    mkdirSync(join(bed.lab.inventory, 'group_vars'), { recursive: true })
    write('site.yml', SITE)
    await release('1')
    given('web', {})
    given('lb', {})
    const first = await run()
    expect(first.failures()).toEqual([])
    expect(first.status).toBe(0)
    await until('all servers are up', 30, allUp)
    await addressesHome()
  })

  return {
    host: bed.host,
    on: bed.on,
    given,
    release,
    run,
    command: (command, ...args) => provision(words(args), here({ command })),
    start,
    async underLoad(work, retries = 0) {
      // One each 60 ms: a restart takes several times as long, and an address that moves a second. Each costs four programs
      // their share of two processors, for minutes.
      const requests = load(urls, { rate: 16, retries })
      try {
        const value = await work()
        const { sent, retried, failures } = await requests.stop()
        return { value, sent: sent.length, retried, failures }
      } finally {
        await requests.stop()
      }
    },
    url: urls[0] ?? '',
    runtime,
    adminStates,
    addressesHome,
    versions: () => Promise.all(TIERS.app.map(async (name) => (await bed.on(name, VERSION)).trim())),
    marked,
    async owes(host, ...units) {
      for (const unit of units) {
        await bed.on(
          host,
          `mkdir -p /var/lib/provision/pending && : >'${pendingMarker(`restart ${unit}`, TARGET.stateDir)}'`,
        )
      }
    },
    offersNewer: (host, pkg) => offerNewer(bed.host(host), pkg),
    endLease: (host) => endLease(bed.host(host)),
    allBack,
    async allWell() {
      await allBack()
      const again = await run()
      expect(again.failures()).toEqual([])
      for (const name of HOSTS) expect(again.result(name)).toMatchObject({ outcome: 'ok', traffic: { execs: 1 } })
    },
  }
}
