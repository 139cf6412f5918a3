import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { testLab } from '../lab/test-labs.ts'
import { endLease } from './lease.ts'
import { plannedOf } from './provision.ts'
import { type Project, testBed } from './test-bed.ts'
import { load } from './traffic.ts'

const BUILD = fileURLToPath(new URL('../lab/app/build.sh', import.meta.url))
const SECRET = 'pässword "with" $igns and `ticks`'

/** One life of a service: the tests build on each other, as releases do. */
const bed = testBed({ ...testLab('app'), hosts: [{ name: 'one' }, { name: 'two', user: 'deploy' }] })

let project: Project
const sums = new Map<string, string>()

const build = (version: string, flaw = ''): string => {
  const out = join(project.dir, 'releases', `${version}.tar.gz`)
  const sum = execFileSync('sh', [BUILD, version, out, flaw], { encoding: 'utf8' }).trim()
  sums.set(version, sum)
  return sum
}

const versionFlags = (version: string): string[] => [
  ...['--var', `app_version="${version}"`],
  ...['--var', `app_artifact={path: releases/${version}.tar.gz, sha256: "${sums.get(version)}"}`],
]
const deploy = (version: string, ...flags: string[]) => project.run(...versionFlags(version), ...flags)

const ask = (path: string) =>
  `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new("127.0.0.1:3000") or die; print $s "GET ${path} HTTP/1.0\\r\\n\\r\\n"; print <$s>'`
const served = async (name: string): Promise<string | undefined> =>
  /"version": "([^"]+)"/.exec(await bed.on(name, ask('/healthz')))?.[1]
const link = async (name: string) => (await bed.on(name, 'readlink /srv/shop/current')).trim()
const kept = async (name: string) =>
  (await bed.on(name, 'ls -A /srv/shop/releases')).split('\n').filter((n) => /^\w/.test(n))

const settings = {
  app_name: 'shop',
  app_exec: '/usr/bin/python3 app.py',
  app_port: 3000,
  app_packages: ['python3'],
  app_shared: ['data', 'cache/pages'],
  app_env: { GREETING: 'say "hi" for $5' },
  app_credentials: { db_password: SECRET },
  app_keep_releases: 2,
  app_ready_timeout: 8,
  app_firewall: false,
  app_migrate_cmd: `/bin/sh -c 'cat VERSION >> data/migrations; cat "$CREDENTIALS_DIRECTORY/db_password" > data/password'`,
}

beforeAll(() => {
  project = bed.project({
    roles: {},
    use: [],
    hosts: { one: { roles: ['app'], vars: settings }, two: { roles: ['app'], vars: settings } },
  })
  for (const version of ['1', '2', '4', '5']) build(version)
  build('3', 'BROKEN')
  build('3-crash', 'CRASH')
})

describe('the role app', () => {
  test('refuses what it could not send, before a host is changed', async () => {
    const missing = await project.run(
      '--var',
      'app_version="9"',
      '--var',
      `app_artifact={path: releases/9.tar.gz, sha256: "${'a'.repeat(64)}"}`,
    )
    expect(missing.status).toBe(1)
    expect(missing.stdout).toContain("artifact releases/9.tar.gz can't be read")
    expect(missing.events.some((event) => event.type === 'host-probing')).toBe(false)

    build('0')
    appendFileSync(join(project.dir, 'releases/0.tar.gz'), 'x')
    const altered = await deploy('0')
    expect(altered.status).toBe(1)
    expect(altered.stdout).toMatch(/artifact releases\/0\.tar\.gz has the SHA-256 [0-9a-f]{64}, declared is/)
    expect(altered.events.some((event) => event.type === 'host-started')).toBe(false)
  })

  test('serves a first release on bare hosts, and finds nothing to do then', async () => {
    const first = await deploy('1')
    expect(first.stdout + first.stderr).not.toContain(SECRET)
    expect(first.status).toBe(0)
    for (const name of ['one', 'two']) {
      expect(await served(name)).toBe('1')
      await bed.on(name, ask('/nowhere'))
      const metrics = await bed.on(name, ask('/metrics'))
      expect(metrics).toContain('app_build_info{version="1"} 1')
      expect(metrics).toContain('http_requests_total{method="GET",code="404"} 1')
    }
    const second = await deploy('1')
    expect(second.status).toBe(0)
    for (const name of ['one', 'two']) {
      const { outcome, changed, traffic } = second.result(name)
      expect({ outcome, changed, execs: traffic.execs }).toEqual({ outcome: 'ok', changed: [], execs: 1 })
    }
  })

  test('keeps secrets to the program, and the program to itself', async () => {
    expect(
      await bed.on('one', 'stat -c "%a %U" /srv/shop/config /srv/shop/config/env /srv/shop/config/credentials/*'),
    ).toBe('700 root\n600 root\n600 root\n')
    expect(await bed.on('one', 'cat /srv/shop/shared/data/password')).toBe(SECRET)
    expect(
      await bed.on('one', 'tr "\\0" "\\n" </proc/$(systemctl show -p MainPID --value shop)/environ | grep GREETING'),
    ).toBe('GREETING=say "hi" for $5\n')
    const exposure = await bed.on('one', 'systemd-analyze security --no-pager shop.service | tail -1')
    expect(Number(/(\d+\.\d+)/.exec(exposure)?.[1])).toBeLessThanOrEqual(3)
  })

  test('switches to the next release and keeps the old one', async () => {
    const plan = (await deploy('2', '--check')).plan('one')
    expect(plan.items.find(({ key }) => key === 'release:shop')?.fields).toContainEqual({
      field: 'version',
      from: '1',
      to: '2',
    })
    expect((await deploy('2')).status).toBe(0)
    for (const name of ['one', 'two']) {
      expect(await served(name)).toBe('2')
      expect(await kept(name)).toEqual(['1', '2'])
    }
    // Once per cluster: on the first host, once for each version.
    expect(await bed.on('one', 'cat /srv/shop/shared/data/migrations')).toBe('1\n2\n')
    expect(await bed.on('two', 'ls /srv/shop/shared/data')).toBe('')
  })

  test.each([
    ['3', /release 3 does not serve: \/healthz on port 3000 answers 500/],
    ['3-crash', /release 3-crash does not serve: it keeps crashing/],
  ])('takes release %s back, which does not serve, and fails', async (version, why) => {
    const run = await deploy(version, '--limit', 'one')
    expect(run.status).toBe(1)
    const { code, resource, log } = run.failure('one')
    expect({ code, resource }).toEqual({ code: 'apply', resource: 'release:shop' })
    expect(log.join('\n')).toMatch(why)
    expect(log.at(-1)).toContain('Release 2 is back and serves')
    expect(await served('one')).toBe('2')
    expect(await link('one')).toBe('/srv/shop/releases/2')
    expect((await deploy('2', '--check', '--limit', 'one')).status).toBe(0)
  })

  test('finishes after the power went in the middle of a switch, and prunes what is too old', async () => {
    const running = project.start([...versionFlags('4'), '--limit', 'one'])
    await running.until((event: Event) => event.type === 'output' && event.line.includes('migrations of release 4'))
    await bed.host('one').kill()
    expect((await running.done).status).toBe(1)
    await bed.host('one').start()
    await endLease(bed.host('one'))
    const again = await deploy('4', '--limit', 'one')
    expect(again.status).toBe(0)
    expect(again.result('one').outcome).toBe('changed')
    expect(await served('one')).toBe('4')
    expect(await kept('one')).toEqual(['2', '4'])
  })

  test('sees what a hand moved: the link, the running version, the unit', async () => {
    await bed.on('one', 'ln -sfn /srv/shop/releases/2 /srv/shop/current && systemctl restart shop')
    await bed.on('one', "sed -i 's/^NoNewPrivileges=.*/NoNewPrivileges=no/' /etc/systemd/system/shop.service")
    const check = await deploy('4', '--check', '--limit', 'one')
    expect(check.status).toBe(2)
    const items = check.plan('one').items.filter(({ action }) => action !== 'none')
    expect(items.map(({ key }) => key)).toEqual([
      'systemd-unit:/etc/systemd/system/shop.service',
      'release:shop',
      'service:shop.service',
    ])
    expect(items[1]?.fields).toEqual([
      { field: 'version', from: '2', to: '4' },
      { field: 'running', from: '2', to: '4' },
    ])
    // The unit was edited without telling systemd.
    expect(items[2]?.fields).toEqual([{ field: 'daemon-reload', from: 'needed', to: 'done' }])
    expect((await deploy('4', '--limit', 'one')).status).toBe(0)
    expect(await served('one')).toBe('4')
    expect((await deploy('4', '--check', '--limit', 'one')).status).toBe(0)
  })

  test('restarts for a changed environment and fails when the service does not answer then', async () => {
    const bad = await deploy('4', '--limit', 'one', '--var', 'app_env={APP_BROKEN: health}')
    expect(bad.failure('one')).toMatchObject({ code: 'handler', resource: 'handler:restart shop' })
    expect(bad.failure('one').log.at(-1)).toContain('answers 500')
    // The handler is pending until it succeeds.
    expect((await deploy('4', '--limit', 'one')).status).toBe(0)
    expect(await served('one')).toBe('4')
  })

  test('goes back to the release before, by a call of its own, and then to another that is named', async () => {
    for (const version of ['2', '5']) expect((await deploy(version)).status).toBe(0)
    // The tier has no other: it is named by its only role.
    const back = (...flags: string[]) =>
      project.start(['--tier', 'tier-app', ...versionFlags('5'), ...flags], { command: 'rollback' }).done
    // Nothing is sent: the artifact may be gone.
    rmSync(join(project.dir, 'releases/5.tar.gz'))
    const dry = await back('--check')
    expect(dry.status).toBe(2)
    expect(plannedOf(dry.plan('one'))).toEqual(['release:shop'])
    expect(dry.plan('two').items[0]?.fields).toContainEqual({ field: 'version', from: '5', to: '2' })

    const run = await back()
    expect(run.status).toBe(0)
    expect([await served('one'), await served('two')]).toEqual(['2', '2'])
    expect(run.events.at(-1)).toMatchObject({ notes: [expect.stringContaining('declares release:shop 5')] })
    // A second call is another wish: what was before is 5 by now.
    expect((await back()).status).toBe(0)
    expect(await served('two')).toBe('5')
    expect((await back('--limit', 'one')).status).toBe(0)

    const torn = await back()
    expect(torn.status).toBe(1)
    expect(torn.stdout).toContain('one from 2 to 5, two from 5 to 2')
    expect(torn.events.some((event) => event.type === 'host-started')).toBe(false)
    expect((await back('--to', '9')).stdout).toContain('release 9 of shop is not on it')
    const named = await back('--to', '2')
    expect([named.result('one').outcome, named.result('two').outcome]).toEqual(['ok', 'changed'])
    expect(await served('two')).toBe('2')
  })
})

describe('app and nginx on one host', () => {
  const both = (upstream: object, more: Readonly<Record<string, unknown>> = {}) => ({
    ...settings,
    app_allow_from_tiers: [],
    // No idle connections: a drain waits until there are none.
    nginx_upstreams: [{ name: 'shop', keepalive: 0, ...upstream }],
    nginx_sites: [{ name: 'shop', listen: [80], locations: [{ path: '/', proxy: 'shop' }] }],
    nginx_real_ip_from_tiers: [],
    nginx_allow_from_tiers: [],
    nginx_firewall: false,
    ...more,
  })
  const roles = ['app', 'nginx']
  const ownProject = (vars: Readonly<Record<string, unknown>>, hosts: readonly string[]) =>
    bed.project({
      roles: {},
      use: [],
      hosts: Object.fromEntries(hosts.map((name) => [name, { roles, vars }])),
      policy: {},
    })
  const deployed = (own: Project, version: string, ...flags: string[]) => {
    mkdirSync(join(own.dir, 'releases'), { recursive: true })
    const file = `releases/${version}.tar.gz`
    sums.set(version, execFileSync('sh', [BUILD, version, join(own.dir, file)], { encoding: 'utf8' }).trim())
    return own.run(...versionFlags(version), ...flags)
  }

  test('C32: an upstream by tier: releases roll, no request is lost, the first time too', async () => {
    const own = ownProject(both({ tier: 'tier-app-nginx', port: 3000 }), ['one', 'two'])
    const first = await deployed(own, '6')
    expect(first.status, first.stdout.slice(-2000)).toBe(0)
    const urls = ['one', 'two'].map((name) => `http://${bed.host(name).address}/healthz`)
    const requests = load(urls, { rate: 30 })
    const rolled = await deployed(own, '7')
    const { failures, sent } = await requests.stop()
    expect(rolled.status, rolled.stdout.slice(-2000)).toBe(0)
    expect(failures).toEqual([])
    expect(sent.length).toBeGreaterThan(50)
    for (const name of ['one', 'two']) {
      expect(await served(name)).toBe('7')
      expect(rolled.result(name)).toMatchObject({ outcome: 'changed', putBack: true })
      expect(await bed.on(name, 'cat /etc/nginx/provision/upstreams.conf')).not.toContain('down')
    }
    expect((await deployed(own, '7', '--check')).status).toBe(0)

    // Whoever runs the web servers meanwhile leaves out what is out, and says so.
    const line = `${bed.host('one').address}:3000`
    const mark = `${line} down; # drained by provision`
    const edit = (from: string, to: string) =>
      bed.on('two', `sed -i 's/${from}/${to}/' /etc/nginx/provision/upstreams.conf`)
    await edit(`${line};`, mark)
    const meanwhile = await deployed(own, '7', '--check', '--limit', 'two')
    expect(meanwhile.status).toBe(0)
    expect(meanwhile.plan('two').items.find(({ key }) => key === 'file-set:nginx')?.notes).toEqual([
      `/etc/nginx/provision/upstreams.conf keeps "server ${mark}"`,
    ])
    await edit(mark, `${line};`)
  })

  test('C31: nothing balances the web server: the plan says in words that requests fail', async () => {
    const own = ownProject(both({ servers: [{ addr: '127.0.0.1:3000' }] }), ['one'])
    expect((await deployed(own, '7')).status).toBe(0)
    const plan = (await deployed(own, '6', '--check')).plan('one')
    expect(plan.rollout).toMatchObject({ exposed: ['release:shop'] })
    expect(plan.rollout?.steps.filter(({ phase }: { phase: string }) => phase === 'drain')).toEqual([])
    const told = await deployed(own, '6')
    expect(told.stdout).toContain('not drained: nothing takes it out of service')
  })

  test('migrations come first: a run that leaves out the host that migrates is refused, unless another one is named', async () => {
    const own = ownProject(both({ tier: 'tier-app-nginx', port: 3000 }), ['one', 'two'])
    const left = await deployed(own, '5', '--limit', 'two')
    expect(left.status).toBe(1)
    expect(left.stdout + left.stderr).toContain('one comes first (migrations of shop), and this run leaves it out: two')
    expect(left.events.some((event) => event.type === 'host-started')).toBe(false)
    const named = await deployed(own, '5', '--limit', 'two', '--var', 'app_migrate_on=two')
    expect(named.status, named.stdout.slice(-2000)).toBe(0)
    expect(await bed.on('two', 'tail -n 1 /srv/shop/shared/data/migrations')).toBe('5\n')
  })
})
