import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plannedOf, provision, type Run } from './provision.ts'
import { testBed } from './test-bed.ts'

const HOSTS = ['web1', 'web2', 'web3', 'lb1', 'mon1']
const WEB = ['web1', 'web2', 'web3']
/** Five hosts from nothing: minutes, and many of them where the machine has other work to do. */
const LONG = 1_500_000

/** The real inventory, roles and site, on hosts of its own: root, sudo, sudo with a password, sudo-rs. */
const bed = testBed({ name: 'converge', subnet: '10.90.0' })

const run = (...args: string[]): Promise<Run> =>
  provision(['-i', bed.lab.inventory, ...args], { env: { XDG_CACHE_HOME: join(bed.dir, 'cache') } })
const limited = (host: string, ...args: string[]) => run('--limit', host, ...args)
const addressOf = (host: string) => bed.host(host).address
const planned = (done: Run, names = HOSTS) =>
  Object.fromEntries(names.map((name) => [name, plannedOf(done.plan(name))]))

/** A page as one host gets it from another; undefined when there is no way. */
const fetchFrom = async (from: string, url: string): Promise<string | undefined> => {
  const script = `exec 3<>/dev/tcp/$1/$2 || exit 1; printf 'GET %s HTTP/1.0\\r\\nHost: lab\\r\\n\\r\\n' "$3" >&3; cat <&3`
  const { hostname, port, pathname } = new URL(url)
  const done = await bed
    .host(from)
    .exec(['timeout', '10', 'bash', '-c', script, 'get', hostname, port || '80', pathname])
  return done.code === 0 ? done.stdout : undefined
}

/** How many commands sshd has started since then, from its own journal. */
const sessions = async (host: string, since: string): Promise<number> => {
  const journal = await bed.on(host, `journalctl --no-pager -o cat --since '${since}' -t sshd -t sshd-session`)
  return journal.match(/^Starting session/gm)?.length ?? 0
}
const clock = async (host: string): Promise<string> => (await bed.on(host, 'sleep 1; date "+%F %T"')).trim()

test(
  'bare hosts: the dry run names what the run then does, and changes nothing itself',
  async () => {
    const check = await run('--check')
    expect(check.status).toBe(2)
    for (const host of HOSTS) {
      expect(plannedOf(check.plan(host)).length).toBeGreaterThan(20)
      expect(check.result(host)).toMatchObject({ outcome: 'planned', changed: [] })
      expect((await bed.host(host).exec('ls /var/lib/provision; dpkg -s ufw')).stdout).not.toContain('installed')
    }
    const done = await run()
    expect(done.status, done.stdout.slice(-3000)).toBe(0)
    const actions = (each: Run, host: string) =>
      each
        .plan(host)
        .items.filter(({ action }) => action !== 'none')
        .map(({ key, action }) => `${action} ${key}`)
    for (const host of HOSTS) {
      expect(done.result(host).outcome).toBe('changed')
      // Handlers that another change made needless (a service that started after it) are paid without being run.
      expect(done.result(host).changed.toSorted()).toEqual(plannedOf(check.plan(host)))
      expect(actions(done, host)).toEqual(actions(check, host))
    }
  },
  LONG,
)

test('a second run finds nothing to do, by one exec per host', async () => {
  const since = Object.fromEntries(await Promise.all(HOSTS.map(async (host) => [host, await clock(host)])))
  const done = await run()
  expect(done.status).toBe(0)
  for (const host of HOSTS) {
    expect(done.result(host)).toMatchObject({ outcome: 'ok', changed: [], traffic: { execs: 1, connects: 1 } })
    expect(await sessions(host, since[host]), host).toBe(1)
  }
  const check = await run('--check')
  expect(check.status).toBe(0)
  expect(planned(check)).toEqual(Object.fromEntries(HOSTS.map((host) => [host, []])))
})

describe('what the hosts do then', () => {
  test('all three web servers answer through the load balancer', async () => {
    const pages: string[] = []
    for (let i = 0; i < 12; i++) pages.push((await fetchFrom('mon1', `http://${addressOf('lb1')}/`)) ?? '')
    const servers = new Set(pages.map((page) => /Hello from (\w+)/.exec(page)?.[1]))
    expect([...servers].toSorted()).toEqual(WEB)
  })

  test('metrics are for the monitor only, behind a firewall that is on', async () => {
    const metrics = `http://${addressOf('web1')}:9100/metrics`
    expect(await fetchFrom('mon1', metrics)).toContain('node_uname_info')
    expect(await fetchFrom('web2', metrics)).toBeUndefined()
    for (const host of HOSTS) expect(await bed.on(host, 'ufw status')).toMatch(/^Status: active/)
  })
})

describe('what is changed by hand', () => {
  const KEY = '/home/ada/.ssh/authorized_keys'
  const EDITS = [
    ['a file is edited', 'web1', 'echo hacked >/var/www/hello/index.html', /^file:\/var\/www\/hello\/index\.html$/],
    ['a mode is changed', 'web2', 'chmod 0666 /etc/sudoers.d/90-provision', /^file:\/etc\/sudoers\.d\/90-provision$/],
    ['a service is stopped', 'web3', 'systemctl stop nginx', /^service:nginx/],
    ['a firewall rule is added', 'lb1', 'ufw allow 4444/tcp', /^ufw:/],
    ['a package is removed', 'mon1', 'dpkg --purge --force-all prometheus-node-exporter', /node-exporter/],
    ['the key of an administrator is gone', 'lb1', `: >${KEY}`, /^authorized-key:ada/],
    ['the configuration of nginx is edited', 'web1', 'echo "# mine" >>/etc/nginx/nginx.conf', /^file-set:nginx$/],
  ] as const

  test(
    'is seen by a dry run, repaired by a run, and gone then',
    async () => {
      for (const [, host, edit] of EDITS) await bed.on(host, edit)
      const check = await run('--check')
      expect(check.status).toBe(2)
      for (const [what, host, , key] of EDITS) {
        expect(
          plannedOf(check.plan(host)).some((one) => key.test(one)),
          what,
        ).toBe(true)
      }
      const repaired = await run()
      expect(repaired.status, repaired.stdout.slice(-3000)).toBe(0)
      for (const host of HOSTS) expect(repaired.result(host).changed.toSorted()).toEqual(plannedOf(check.plan(host)))
      expect(planned(await run('--check'))).toEqual(Object.fromEntries(HOSTS.map((host) => [host, []])))
      expect(await bed.on('lb1', 'ufw show added')).not.toContain('4444')
      expect(await bed.on('lb1', `cat ${KEY}`)).toContain('ada@example.org')
      expect(await fetchFrom('mon1', `http://${addressOf('web1')}/`)).toContain('Hello from web1')
    },
    LONG,
  )
})

describe('a site that nginx rejects', () => {
  const SITE = { name: 'hello', listen: [80], files: { 'index.html': 'Hello from {{host}}, new\n' } }
  const sites = (...more: object[]) => `nginx_sites=${JSON.stringify([SITE, ...more])}`
  const state = () =>
    bed.on('web1', 'find /etc/nginx -type f | sort | xargs sha256sum; find /etc/nginx | sort; cat /run/nginx.pid')

  test('never lands: its words are told, the old one serves on, and the next good run works', async () => {
    const before = await state()
    const tls = { cert: '/etc/ssl/none.pem', key: '/etc/ssl/none.key', redirect_http: false }
    const broken = { name: 'broken', listen: [8443], tls }
    const failed = await limited('web1', '--var', sites(broken))
    expect(failed.status).toBe(1)
    const failure = failed.failure('web1')
    expect(failure).toMatchObject({ code: 'apply', resource: 'file-set:nginx' })
    expect(failure.log.join('\n')).toMatch(/cannot load certificate "\/etc\/ssl\/none\.pem"/)
    expect(await state()).toBe(before)
    expect(await fetchFrom('mon1', `http://${addressOf('web1')}/healthz`)).toContain('200 OK')
    // What came before the rejected set was made; nothing of the set, nor its handler, is left over.
    expect(await bed.on('web1', 'ls -A /etc/nginx | grep provision. || true')).toBe('')

    const good = await limited('web1', '--var', sites())
    expect(good.status).toBe(0)
    expect(await fetchFrom('mon1', `http://${addressOf('web1')}/`)).toContain('Hello from web1, new')
  })
})
