import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { suiteNamed } from '../../src/lab/suites.ts'
import { testLab } from '../lab/test-labs.ts'
import { type ProgramOptions, provision, type Run } from './provision.ts'
import { testBed } from './test-bed.ts'

/** `LAB_SUITES=noble,resolute`: two suites to try, or one, in place of Debian's stable ones. */
const [FIRST = 'bookworm', SECOND = FIRST] = (process.env.LAB_SUITES || 'bookworm,trixie').split(',').map(suiteNamed)
const HOSTS = [`${FIRST}1`, `${SECOND}${FIRST === SECOND ? 2 : 1}`]
const IS_DEBIAN = HOSTS.join() === 'bookworm1,trixie1'
const PLACE = testLab('suites')
const VIPS = [101, 102].map((last) => `${PLACE.subnet}.${last}`)
/** Two hosts with ten roles from nothing: minutes, and many of them where the machine has other work to do. */
const LONG = 1_500_000

/** The inventory of the suites that are tried: the hosts are named for them. */
function inventoryFor(): string {
  const from = fileURLToPath(new URL('../lab/inventories/suites', import.meta.url))
  if (IS_DEBIAN) return from
  const to = mkdtempSync(join(tmpdir(), 'provision-suites-'))
  cpSync(from, to, { recursive: true })
  for (const name of ['hosts.yml', 'group_vars/stack.yml']) {
    const text = readFileSync(join(to, name), 'utf8')
    const named = text.replaceAll('bookworm1', HOSTS[0] ?? '').replaceAll('trixie1', HOSTS[1] ?? '')
    writeFileSync(join(to, name), named)
  }
  return to
}

/** Debian's stable suites or those of LAB_SUITES, every role that they can carry packed on one host of each. */
const bed = testBed({
  ...PLACE,
  inventory: inventoryFor(),
})

const run = (
  args: readonly string[],
  { inventory = bed.lab.inventory, cwd }: { inventory?: string; cwd?: string } = {},
) => {
  const options: ProgramOptions = {
    env: { XDG_CACHE_HOME: join(bed.dir, 'cache'), XDG_STATE_HOME: join(bed.dir, 'state') },
    ...(cwd && { cwd }),
  }
  return provision(['-i', inventory, ...args], options)
}
const onEach = (command: string) => Promise.all(HOSTS.map((name) => bed.on(name, command)))
const costs = (done: Run) =>
  HOSTS.map((name) => done.result(name)).map(({ outcome, changed, traffic }) => [outcome, changed, traffic.execs])

test.runIf(IS_DEBIAN)('MySQL is refused before anything is done: these suites have only MariaDB', async () => {
  const inventory = join(bed.lab.dir, 'mysql')
  cpSync(join(bed.lab.inventory, 'hosts.yml'), join(inventory, 'hosts.yml'))
  writeFileSync(join(inventory, 'site.yml'), stringify({ tiers: [{ name: 'stack', roles: ['mysql'] }] }))
  const done = await run([], { inventory })
  expect(done.status).toBe(1)
  for (const debian of ['12 (bookworm)', '13 (trixie)'])
    expect(done.stdout).toContain(`Debian ${debian} has no MySQL, only MariaDB`)
  expect(done.stdout).toContain('set mysql_package: mysql-community-server, or use Ubuntu or Debian sid')
  expect(done.events.some(({ type }) => type === 'host-started')).toBe(false)
  expect(await onEach('ls /var/lib/provision 2>&1 || :')).toEqual(HOSTS.map(() => expect.stringContaining('No such')))
})

test(
  'bare hosts take every role in one run; a second finds nothing to do, by one exec per host',
  async () => {
    const done = await run([])
    expect(done.status, done.stdout.slice(-3000)).toBe(0)
    expect(costs(await run([]))).toEqual(HOSTS.map(() => ['ok', [], 1]))
    expect(await onEach('systemctl is-system-running')).toEqual(['running\n', 'running\n'])
  },
  LONG,
)

describe('what the roles do there', () => {
  test.each(VIPS)('%s answers by haproxy, nginx and the application of each suite', async (vip) => {
    const answers = async (path: string) => {
      const bodies = await Promise.all(
        Array.from({ length: 8 }, async () => (await fetch(`http://${vip}${path}`)).text()),
      )
      return [...new Set(bodies)].sort()
    }
    expect(await answers('/')).toEqual(HOSTS.map((name) => `Hello from ${name}\n`))
    expect(await answers('/app/healthz')).toEqual(
      HOSTS.map(
        (host) => `${JSON.stringify({ version: '1.0.0', host, status: 'ok' }).replaceAll(/([:,])"/g, '$1 "')}\n`,
      ),
    )
  })

  test('each Prometheus sees everything of both', async () => {
    const query = (expr: string) =>
      `promtool query instant "http://$(hostname -I | cut -d' ' -f1):9090" '${expr}' | sed 's/ @.*//' | sort`
    const up = { app: 2, blackbox: 2, haproxy: 2, link: 4, nginx: 2, node: 2, prometheus: 1, vip: 2 }
    const lines = Object.entries(up).map(([job, count]) => `{job="${job}"} => ${count}\n`)
    expect(await onEach(query('count by (job) (up == 1)'))).toEqual(HOSTS.map(() => lines.join('')))
    expect(await onEach(query('min(probe_success)'))).toEqual(HOSTS.map(() => '{} => 1\n'))
  })
})

describe('a bad configuration', () => {
  /** Processes, the last reload of each, and every file that a role could have replaced. */
  const STATE = [
    'systemctl show -p Id,MainPID,InvocationID,ExecReload haproxy keepalived nginx prometheus ssh',
    'cd /etc; find haproxy keepalived nginx prometheus ssh sudoers.d | sort',
    'find haproxy keepalived nginx prometheus ssh sudoers.d -type f -exec sha256sum {} + | sort',
  ].join('; ')
  const NO_CERTIFICATE = { cert: '/etc/ssl/none.pem', key: '/etc/ssl/none.key', redirect_http: false }
  const CASES: readonly [
    program: string,
    tag: string,
    resource: string,
    vars: Record<string, unknown>,
    words: RegExp,
  ][] = [
    [
      'haproxy',
      'haproxy',
      'file-set:haproxy',
      { haproxy_backends: [{ name: 'web', tier: 'stack', lines: ['stick on nothing'] }] },
      /unknown fetch method 'nothing'/,
    ],
    ['keepalived', 'keepalived', 'file-set:keepalived', { keepalived_interface: 'eth9' }, /Non-existent interface/],
    [
      'nginx',
      'nginx',
      'file-set:nginx',
      { nginx_sites: [{ name: 'notes', listen: [8443], tls: NO_CERTIFICATE }] },
      /cannot load certificate "\/etc\/ssl\/none\.pem"/,
    ],
    [
      'promtool',
      'prometheus',
      'file-set:prometheus',
      { prometheus_rules: [{ alert: 'Broken', expr: 'sum(rate(up[' }] },
      /further\.yml.*Broken.*could not parse expression/s,
    ],
    [
      'sshd',
      'base',
      'file:/etc/ssh/sshd_config.d/00-provision.conf',
      { ssh_options: { NoSuchOption: 'yes' } },
      /Bad configuration option: NoSuchOption/,
    ],
    // No var lets it through; a template of the user's own, which takes the place of the role's, does.
    ['visudo', 'base', 'file:/etc/sudoers.d/90-provision', {}, /syntax error/],
  ]

  /** A project whose template of the role is broken. */
  const ownTemplate = (): string => {
    const project = join(bed.dir, 'project')
    mkdirSync(join(project, 'templates', 'base'), { recursive: true })
    writeFileSync(join(project, 'templates', 'base', 'sudoers.ejs'), 'ada ALL=(ALL:ALL NOPASSWD: ALL\n')
    // The inventory's release is looked for in the project.
    symlinkSync(join(bed.lab.dir, '..'), join(project, '.lab'))
    return project
  }

  test.each(CASES)('of %s never lands, and the program says why', async (program, tag, resource, vars, words) => {
    const before = await onEach(STATE)
    const given = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}=${JSON.stringify(value)}`])
    const done = await run(['--tags', tag, ...given], program === 'visudo' ? { cwd: ownTemplate() } : {})
    expect(done.status).toBe(1)
    for (const name of HOSTS) {
      expect(done.failure(name)).toMatchObject({ code: 'apply', resource })
      expect(done.failure(name).log.join('\n')).toMatch(words)
    }
    expect(await onEach(STATE)).toEqual(before)
  })

  test('leaves nothing behind, nor a pending handler: nothing landed that a reload would have to bring', async () => {
    expect(costs(await run([]))).toEqual(HOSTS.map(() => ['ok', [], 1]))
  })
})
