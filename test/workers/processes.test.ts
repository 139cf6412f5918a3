import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import type { Event } from '../../src/execute/events.ts'
import { run } from '../../src/run/run.ts'
import { workerProcess } from '../../src/workers/worker-process.ts'
import { openWorkers, type Workers } from '../../src/workers/workers.ts'
import { realShell, type SshServer, sshServer } from '../connection/ssh-server.ts'
import { fakeHost } from '../host/fake-host.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'

const CLI = await program()
afterEach(() => vi.unstubAllEnvs())
// Programs are started, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 150_000 })

const asRoot = process.getuid?.() === 0

/** The workers of a process that runs, by what proc(5) says. */
const workersOf = (parent: number | undefined): number[] =>
  readdirSync('/proc').flatMap((name) => {
    try {
      const [, ppid] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
      const isWorker = readFileSync(`/proc/${name}/cmdline`, 'utf8').endsWith('\0worker\0')
      return Number(ppid) === parent && isWorker ? [Number(name)] : []
    } catch {
      return []
    }
  })
const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const servers = (count: number) => Promise.all(Array.from({ length: count }, server))

async function server(): Promise<SshServer> {
  const made = await sshServer({ onExec: realShell() })
  onTestFinished(() => made.close())
  return made
}

interface Running {
  readonly process: ChildProcess
  stdout(): string
  stderr(): string
  readonly status: Promise<unknown>
}

/** `provision exec` on these hosts, all of which are this machine. */
function execOn(servers: readonly SshServer[], script: string, more: readonly string[], input = ''): Running {
  const hosts = servers.map((one, i) => {
    const { port, identityFile, knownHosts } = one.host().connection
    const connection = { port, identity_file: identityFile, known_hosts: knownHosts }
    return [`web${i}`, { address: '127.0.0.1', connection }] as const
  })
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]\n',
    'inventories/prod/hosts.yml': JSON.stringify({
      connection: { user: 'root', host_key_checking: 'accept-new' },
      tiers: { web: { hosts: Object.fromEntries(hosts) } },
    }),
  })
  const child = spawn(process.execPath, [CLI, 'exec', '-i', 'prod', '-l', 'all', '--shell', script, ...more], {
    cwd: root,
    detached: true,
    env: { ...process.env, PROVISION_BECOME_PASSWORD: 'unmistakable', XDG_CACHE_HOME: join(root, 'cache') },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (part) => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part) => (stderr += part))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    status: once(child, 'close').then(([status]: unknown[]) => status),
  }
}

test.runIf(asRoot)(
  'workers hold no secret where others can read it, mind no signal, and end with their run',
  async () => {
    const four = await servers(4)
    const { process: controller, stdout } = execOn(
      four,
      'echo at work; sleep 60',
      ['--workers', '2', '-k'],
      'unmistakable\n',
    )
    await vi.waitUntil(() => stdout().match(/at work/g)?.length === 4, { timeout: 100_000, interval: 100 })
    const workers = workersOf(controller.pid)
    expect(workers).toHaveLength(2)
    for (const pid of workers) {
      for (const file of ['cmdline', 'environ']) {
        expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toMatch(/unmistakable|PROVISION_BECOME_PASSWORD/)
      }
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal)
      // Of a session of its own: what is typed at the terminal is not for it.
      const [, , session] = /\) \S \d+ (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
      expect(Number(session)).toBe(pid)
    }
    expect(workers.filter(isAlive)).toEqual(workers)
    controller.kill('SIGKILL')
    await vi.waitUntil(() => workers.filter(isAlive).length === 0, { timeout: 20_000, interval: 100 })
    await vi.waitUntil(() => four.every((one) => one.connected().now === 0), { timeout: 5000 })
  },
)

test.runIf(asRoot)(
  'twelve hosts have no worker; Ctrl-C at the terminal ends what workers carry in good order',
  async () => {
    const hosts = await servers(12)
    const few = execOn(hosts, 'echo at work; sleep 1', ['--forks', '12'])
    await vi.waitUntil(() => few.stdout().includes('at work'), { timeout: 100_000, interval: 50 })
    expect(workersOf(few.process.pid)).toEqual([])
    expect(await few.status).toBe(0)

    const stopped = execOn(hosts.slice(0, 3), 'echo at work; sleep 60', ['--workers', '3', '--json'])
    await vi.waitUntil(() => stopped.stdout().match(/at work/g)?.length === 3, { timeout: 100_000, interval: 50 })
    const workers = workersOf(stopped.process.pid)
    expect(workers).toHaveLength(3)
    // As a terminal does it: to all of the process group.
    process.kill(-(stopped.process.pid ?? 0), 'SIGINT')
    expect(await stopped.status).toBe(1)
    expect(stopped.stderr()).toContain('Stopping')
    const done = stopped
      .stdout()
      .split('\n')
      .filter((line) => /host-finished/.test(line))
    expect(done.map((line) => JSON.parse(line).failure.code)).toEqual(['aborted', 'aborted', 'aborted'])
    expect(workers.filter(isAlive)).toEqual([])
  },
)

test.runIf(asRoot)(
  'a worker that is killed in the middle of a change: it ends on its host, and the next run finds it done',
  async () => {
    const one = await server()
    const host = fakeHost('w')
    const owner = userInfo().username
    host.write('etc/.keep', '')
    const root = projectFolder({
      'inventories/site.yml': 'tiers: [{ name: web, roles: [site] }]\n',
      'inventories/prod/hosts.yml': JSON.stringify({ tiers: { web: { hosts: { web1: { address: '127.0.0.1' } } } } }),
      'roles/site/index.ts': `
import { command, defineRole, file, sh } from 'provision'
const root = ${JSON.stringify(host.root)}
export default defineRole({
  name: 'site', description: 'd', vars: {},
  resources: () => [
    file({ path: root + '/etc/one', content: 'one\\n', owner: '${owner}', group: '${owner}' }),
    command({
      name: 'slow', creates: root + '/etc/slow',
      run: sh\`echo begun >>\${root + '/etc/count'}; /bin/sleep 2; : >\${root + '/etc/slow'}\`,
    }),
    file({ path: root + '/etc/two', content: 'two\\n', owner: '${owner}', group: '${owner}' }),
  ],
})
`,
    })
    vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
    let workers: Workers | undefined
    const told: string[] = []
    const connect = connector({
      env: process.env,
      warn: (message) => told.push(message),
      logins: (means) => {
        workers = openWorkers(means, { count: 1, start: () => workerProcess([process.execPath, CLI, 'worker']) })
        return workers.open
      },
    })
    onTestFinished(() => workers?.close())
    const open: Connection[] = []
    const go = (onEvent: (event: Event) => void = () => {}) =>
      run(
        { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 2, showScripts: false, check: false },
        {
          emit: onEvent,
          target: () => host.target,
          connect: async ({ name }) => {
            const connection = await connect({ ...one.host(), name })
            open.push(connection)
            return connection
          },
        },
      )
    const first = go()
    await vi.waitUntil(() => host.read('etc/count') === 'begun\n', { timeout: 100_000, interval: 20 })
    const [worker = 0] = workersOf(process.pid)
    process.kill(worker, 'SIGKILL')
    const { results } = await first
    expect(results).toMatchObject([
      { outcome: 'failed', failure: { code: 'unreachable', message: expect.stringContaining('was ended by SIGKILL') } },
    ])
    expect(told).toEqual([expect.stringMatching(/^a worker process was ended by SIGKILL: 1 connection is lost/)])
    // The change goes on without anybody who hears it, and what its run leaves behind is its lease.
    await vi.waitUntil(() => host.read('etc/two') !== undefined, { timeout: 20_000, interval: 50 })
    host.later(31)
    const second = await go()
    expect(second.results).toMatchObject([{ outcome: 'ok', changed: [] }])
    expect([host.read('etc/one'), host.read('etc/two')]).toEqual(['one\n', 'two\n'])
    expect(host.read('etc/count')).toBe('begun\n')
    const [next = 0] = workersOf(process.pid)
    expect(next).not.toBe(worker)
  },
)

test('a program that ends at once is no worker: what it says is told', async () => {
  const failing = (script: string) => openWorkersOf([process.execPath, '-e', script])
  const { open, told } = failing('console.error("Error: no such thing"); process.exit(3)')
  const one = (await server()).host()
  for (let i = 0; i < 3; i++) {
    await expect(open(one)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('its worker process ended with status 3: Error: no such thing'),
    })
  }
  await expect(open(one)).rejects.toMatchObject({ message: expect.stringContaining('end as soon as they start') })
  expect(told).toHaveLength(1)
  const missing = openWorkersOf(['/nonexistent/node'])
  await expect(missing.open(one)).rejects.toMatchObject({ message: expect.stringContaining('could not be started') })
})

function openWorkersOf(command: readonly string[]) {
  const told: string[] = []
  const workers = openWorkers(
    {
      hostKeys: { algorithms: async () => [], check: async () => undefined },
      ...{ env: {}, password: undefined, keys: undefined, signal: undefined },
      tell: (message) => told.push(message),
    },
    { count: 1, start: () => workerProcess(command) },
  )
  return { ...workers, told }
}
