import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connect, connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import { createPool } from '../../src/connection/pool.ts'
import type { ConnectionSettings, Host } from '../../src/inventory/inventory.ts'
import type { LabHost } from '../../src/lab/host.ts'
import { secret } from '../../src/masking/secret.ts'
import { applyScript } from '../../src/shell/frame.ts'
import { quote } from '../../src/shell/quote.ts'
import { rawScript } from '../../src/shell/script.ts'
import { workerProcess } from '../../src/workers/worker-process.ts'
import { openWorkers, type Workers } from '../../src/workers/workers.ts'
import { aHost } from '../connection/host-fixture.ts'
import { testLab } from '../lab/test-labs.ts'
import { CLI } from './provision.ts'
import { testBed } from './test-bed.ts'
import { until } from './until.ts'

const bed = testBed({
  ...testLab('connection'),
  hosts: [
    { name: 'web1' },
    { name: 'web2', user: 'deploy' },
    { name: 'web3', user: 'deploy', sudo: 'password' },
    { name: 'lb1', user: 'deploy', sudo: 'password', sudoRs: true },
    { name: 'mon1' },
  ],
})
let password: string
const open = new Set<Connection>()

/** Forty seconds of silence, in a connection of its own while the other tests are at work. */
let quiet: Promise<{ readonly stdout: string }>

beforeAll(async () => {
  password = readFileSync(join(bed.lab.dir, 'become_password'), 'utf8').trim()
  const connection = await connect(hostOf('web1'))
  quiet = connection.exec('sleep 40; echo awake').finally(() => connection.close())
  quiet.catch(() => {})
})
afterEach(async () => {
  await Promise.all([...open].map((connection) => connection.close()))
  open.clear()
})

const machine = (name: string): LabHost => {
  const found = bed.lab.hosts.get(name)
  if (found === undefined) throw new Error(`the lab has no ${name}`)
  return found
}
const hostOf = (name: string, settings: Partial<ConnectionSettings> = {}): Host => {
  const { address, login } = machine(name)
  return aHost(
    {
      user: login,
      become: login === 'root' ? 'none' : 'sudo',
      identityFile: join(bed.lab.dir, 'id_ed25519'),
      knownHosts: join(bed.lab.dir, 'known_hosts'),
      connectTimeout: 15,
      ...settings,
    },
    address,
  )
}
const withPassword = (text = password) => ({ becomePassword: secret(text) })
const dialBy =
  (by: (host: Host) => Promise<Connection>) =>
  async (host: Host): Promise<Connection> => {
    const connection = await by(host)
    open.add(connection)
    return connection
  }
const dial = dialBy(connect)
const exec = async (host: Host, script: string) => (await dial(host)).exec(script)
const journal = async (name: string, since: string) =>
  (await machine(name).exec(['journalctl', '--no-pager', '-o', 'cat', '--since', since])).stdout
const clock = async (name: string) => (await machine(name).exec(['date', '+%F %T'])).stdout.trim()

const WAYS = [
  ['root', 'web1', () => ({})],
  ['sudo', 'web2', () => ({})],
  ['sudo with a password', 'web3', withPassword],
  ['sudo-rs with a password', 'lb1', withPassword],
] as const

let workers: Workers | undefined
const throughWorker = connector({
  logins(means) {
    workers = openWorkers(means, { count: 1, start: () => workerProcess([process.execPath, CLI, 'worker']) })
    return workers.open
  },
})
afterAll(() => workers?.close())

const TRANSPORTS = [
  ['ssh', 'ssh', connect],
  ['openssh', 'openssh', connect],
  ['ssh, through a worker', 'ssh', throughWorker],
] as const

describe.each(TRANSPORTS)('over %s', (name, transport, by) => {
  const dial = dialBy(by)
  const exec = async (host: Host, script: string) => (await dial(host)).exec(script)
  test.each(WAYS)(
    '%s: runs as root, with the address we come from, and keeps status and output apart',
    async (_, name, more) => {
      const script = '{ id -u; echo "$SSH_CONNECTION"; printf " é\\n\\n"; echo err >&2; exit 7; } </dev/null'
      const result = await exec(hostOf(name, { transport, ...more() }), script)
      expect(result).toEqual({
        status: 7,
        stdout: expect.stringMatching(/^0\n\S+ \d+ \S+ 22\n é\n\n$/),
        stderr: 'err\n',
      })
    },
  )

  test.each(WAYS)('%s: a script of 1 MiB in UTF-8 arrives whole', async (_, name, more) => {
    const text = `'"$\`\\ ü€𝄞 `.repeat(70_000)
    const script = `cat <<'END_OF_TEXT'\n${text}\nEND_OF_TEXT\n`
    let heard = ''
    const connection = await dial(hostOf(name, { transport, ...more() }))
    const result = await connection.exec(script)
    await connection.exec(script, { onStdout: (part) => (heard += part) })
    expect(Buffer.byteLength(script)).toBeGreaterThan(1 << 20)
    expect(result.stdout === `${text}\n`).toBe(true)
    expect(heard === result.stdout).toBe(true)
  })

  test('12 scripts at once on one connection', async () => {
    const connection = await dial(hostOf('web3', { transport, ...withPassword() }))
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => connection.exec(`sleep 0.2; echo ${i}; exit ${i}`)),
    )
    expect(results.map(({ status, stdout }) => [status, stdout])).toEqual(results.map((_, i) => [i, `${i}\n`]))
  })

  test('a script that is given up: by time, by the user, before it began', async () => {
    const connection = await dial(hostOf('web1', { transport }))
    await expect(connection.exec('sleep 30', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    await expect(connection.exec('sleep 30', { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
    await expect(connection.exec('sleep 30', { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
    expect((await connection.exec('echo still here')).stdout).toBe('still here\n')
  })

  test('a script that ends without reading its input', async () => {
    const result = await exec(hostOf('web1', { transport }), `exit 3\n${'#'.repeat(3 << 20)}\n`)
    expect(result.status).toBe(3)
  })

  test('an unknown key, a changed key, a wrong login key', async () => {
    const unknown = join(bed.dir, `unknown-${name}`)
    await expect(dial(hostOf('web1', { transport, knownHosts: unknown }))).rejects.toMatchObject({ code: 'host-key' })
    const lines = readFileSync(join(bed.lab.dir, 'known_hosts'), 'utf8')
    const changed = join(bed.dir, `changed-${name}`)
    const keyOf = (address: string) => new RegExp(`^${address} (.*)$`, 'm').exec(lines)?.[1]
    writeFileSync(changed, `${machine('web1').address} ${keyOf(machine('web2').address)}\n`)
    for (const hostKeyChecking of ['strict', 'accept-new'] as const) {
      await expect(dial(hostOf('web1', { transport, knownHosts: changed, hostKeyChecking }))).rejects.toMatchObject({
        code: 'host-key',
        message: expect.stringContaining('CHANGED'),
      })
    }
    await expect(dial(hostOf('web1', { transport, user: 'nobody-here' }))).rejects.toMatchObject({ code: 'auth' })
    await exec(hostOf('web1', { transport, knownHosts: unknown, hostKeyChecking: 'accept-new' }), 'true')
    await exec(hostOf('web1', { transport, knownHosts: unknown, hostKeyChecking: 'strict' }), 'true')
    writeFileSync(unknown, `${readFileSync(unknown, 'utf8')}@revoked * ${keyOf(machine('web1').address)}\n`)
    await expect(
      dial(hostOf('web1', { transport, knownHosts: unknown, hostKeyChecking: 'accept-new' })),
    ).rejects.toMatchObject({ code: 'host-key' })
  })

  test('a closed port and an unknown name', async () => {
    await expect(dial(hostOf('web1', { transport, port: 1 }))).rejects.toMatchObject({ code: 'refused' })
    const nowhere = { ...hostOf('web1', { transport }), address: 'no-such-host.invalid' }
    await expect(dial(nowhere)).rejects.toMatchObject({ code: 'dns' })
  })
})

test('a cut link is noticed during a script within 25 s, over each transport', async () => {
  const scripts = await Promise.all(
    [...TRANSPORTS, ['openssh, through a worker', 'openssh', throughWorker] as const].map(async ([, transport, by]) => {
      const connection = await dialBy(by)(hostOf('mon1', { transport }))
      // Before the script has begun it would be the login that is late.
      let waiting: Promise<unknown> = Promise.resolve()
      await new Promise<void>((begun, failed) => {
        waiting = connection.exec('echo begun; sleep 120', { onStdout: () => begun() })
        waiting.catch(failed)
      })
      return { transport, connection, waiting }
    }),
  )
  const started = Date.now()
  await machine('mon1').cut()
  try {
    await Promise.all(
      scripts.map(async ({ transport, connection, waiting }) => {
        await expect(waiting, transport).rejects.toMatchObject({
          code: 'unreachable',
          message: expect.stringContaining('link lost'),
        })
        expect(Date.now() - started, transport).toBeLessThan(25_000)
        await expect(connection.exec('true'), transport).rejects.toMatchObject({ code: 'unreachable' })
      }),
    )
  } finally {
    await machine('mon1').heal()
  }
})

test('a script ended by a signal has the status a shell gives it', async () => {
  expect((await exec(hostOf('web1'), 'kill -TERM $$')).status).toBe(143)
})

test('a host that is off the network does not let a login wait longer than the timeout', async () => {
  await machine('mon1').cut()
  try {
    const login = dial(hostOf('mon1', { connectTimeout: 4 }))
    await expect(login).rejects.toMatchObject({ code: expect.stringMatching(/^(timeout|unreachable)$/) })
  } finally {
    await machine('mon1').heal()
  }
})

test('a quiet script of 40 s is not taken for a dead link', async () => {
  expect((await quiet).stdout).toBe('awake\n')
})

test.each([
  ['sudo', 'web3'],
  ['sudo-rs', 'lb1'],
])('a wrong password is tried exactly once with %s and leaves nothing behind', async (_, name) => {
  const since = await clock(name)
  await sleep(1000)
  const wrong = exec(hostOf(name, withPassword('not the password')), 'touch /tmp/never')
  await expect(wrong).rejects.toMatchObject({ code: 'become', message: expect.stringContaining('does not accept') })
  const log = await journal(name, since)
  expect(log.match(/authentication failure;/g)).toHaveLength(1)
  expect(log).not.toMatch(/more authentication failure/)
  const left = await machine(name).exec('ls -A /dev/shm /tmp; pgrep -u deploy -a cat')
  expect(left.stdout).not.toMatch(/provision|never|cat/)
})

test('a password that sudo does not ask for is never run as a command', async () => {
  const result = await exec(hostOf('web2', withPassword('touch /tmp/executed')), 'ls /tmp; cat')
  expect(result.status).toBe(0)
  expect(result.stdout).toContain('systemd-private')
  // Not even where a command of the script reads standard input.
  expect(result.stdout).not.toContain('executed')
})

test('no password where sudo asks for one, and no sudo where root is needed', async () => {
  for (const name of ['web3', 'lb1']) {
    await expect(exec(hostOf(name), 'true')).rejects.toMatchObject({
      code: 'become',
      hint: expect.stringContaining('--ask-become-password'),
    })
  }
  await expect(exec(hostOf('web2', { become: 'none' }), 'true')).rejects.toMatchObject({ code: 'become' })
})

test('a user that sudoers does not know is told so', async () => {
  for (const name of ['web3', 'lb1']) {
    const grants = await machine(name).exec('grep -rlE "^deploy" /etc/sudoers.d /etc/sudoers; id -nG deploy')
    const files = grants.stdout.split('\n').filter((line) => line.startsWith('/'))
    expect(files.length).toBeGreaterThan(0)
    await machine(name).exec(`for f in ${files.join(' ')}; do sed -i 's/^deploy/#deploy/' "$f"; done`)
    try {
      await expect(exec(hostOf(name, withPassword()), 'true')).rejects.toMatchObject({
        code: 'become',
        message: expect.stringContaining('may not become root'),
      })
    } finally {
      await machine(name).exec(`for f in ${files.join(' ')}; do sed -i 's/^#deploy/deploy/' "$f"; done`)
    }
  }
})

/** Each way on its own host, all at the same time. */
const eachWay = (check: (way: string, name: string, host: Host) => Promise<void>) =>
  Promise.all(WAYS.map(([way, name, more]) => check(way, name, hostOf(name, more()))))

test('neither script nor password is in the list of processes, by whatever way', () =>
  eachWay(async (way, name, host) => {
    const connection = await dial(host)
    const running = connection.exec('{ word=unmistakable; sleep 6; echo "$word"; } </dev/null')
    let seen = ''
    await until(`${way}: the script is at work`, 6, async () => {
      const processes = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '"
      seen = (await machine(name).exec(processes)).stdout
      return seen.includes('sleep 6')
    })
    expect(seen, way).not.toContain('unmistakable')
    expect(seen, way).not.toContain(password)
    expect((await running).stdout, way).toBe('unmistakable\n')
  }))

test('a change runs to its end when the connection dies under it, by whatever way', () =>
  eachWay(async (way, name, host) => {
    const sh =
      'touch /tmp/began; i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo line $i; sleep 0.1; done; touch /tmp/ran-on'
    const there = async (pattern: string) => (await machine(name).exec(`ls -d ${pattern}`)).code === 0
    await machine(name).exec('rm -f /tmp/began /tmp/ran-on')
    const connection = await dial(host)
    const steps = [{ id: 'x', script: rawScript(sh), timeout: 60 }]
    const running = connection.exec(applyScript('abc', rawScript('return 0'), steps).sh)
    running.catch(() => {})
    await until(`${way}: the change is at work`, 20, () => there('/tmp/began'))
    await connection.close()
    await expect(running, way).rejects.toMatchObject({ code: 'unreachable' })
    expect(await there('/tmp/ran-on'), way).toBe(false)
    await until(`${way}: the change is made`, 20, () => there('/tmp/ran-on'))
    await until(`${way}: its private folder is gone`, 5, async () => !(await there('/dev/shm/*')))
  }))

test.each(['/bin/dash', '/bin/bash'])('login shell %s', async (shell) => {
  await machine('web3').exec(['usermod', '-s', shell, 'deploy'])
  try {
    expect((await exec(hostOf('web3', withPassword()), 'id -u')).stdout).toBe('0\n')
    expect((await exec(hostOf('web2'), 'id -u')).stdout).toBe('0\n')
  } finally {
    await machine('web3').exec(['usermod', '-s', '/bin/bash', 'deploy'])
  }
})

/** A host that prints what it likes beside one that is changed as it should be. */
const beside = (flood: string) =>
  bed.project({
    roles: {
      sick: `[command({ name: 'sick', run: rawScript(${JSON.stringify(flood)}) })]`,
      well: "[command({ name: 'well', run: sh`echo done >/root/well` })]",
    },
    use: ['command', 'rawScript'],
    hosts: { web1: { roles: ['sick'] }, mon1: { roles: ['well'] } },
  })

test.each([
  // Lines as programs print them: of two characters each it would be thirty millions up to the limit.
  [
    'a command that prints lines without end',
    'echo the first; yes and so on, line by line, and none of them says anything',
    'sick',
  ],
  ['a command that prints one line of 200 MB', 'echo the first; head -c 200000000 /dev/zero | tr "\\0" x', 'sick'],
  ['a login shell that prints without end', 'true', 'login'],
])('C47: %s fails that host alone, in bounded memory', async (_, flood, what) => {
  await bed.on('mon1', 'rm -f /root/well')
  if (what === 'login') {
    await bed.on('web1', 'cp /root/.bashrc /root/.bashrc.good && sed -i "1i echo the first; yes" /root/.bashrc')
  }
  try {
    const project = beside(flood)
    // Far less than what is sent: a program that kept it would end.
    const run = await project.start([], { env: { NODE_OPTIONS: '--max-old-space-size=96' } }).done
    expect(run.failure('web1')).toMatchObject({
      code: 'output',
      log: expect.arrayContaining(['the first', expect.stringMatching(/characters left out/)]),
    })
    expect(run.result('mon1').outcome).toBe('changed')
    await bed.on('mon1', 'test -e /root/well')
    expect(await bed.on('web1', 'pgrep -x yes || :')).toBe('')
  } finally {
    if (what === 'login') await bed.on('web1', 'mv /root/.bashrc.good /root/.bashrc')
  }
})

test('C48: a run whose standard output is full, or has no reader, goes on to its end', async () => {
  const project = beside('echo fine')
  const env = { ...process.env, XDG_CACHE_HOME: join(project.dir, 'cache'), XDG_STATE_HOME: join(project.dir, 'state') }
  const run = (where: string) => {
    const text = `${quote(process.execPath)} ${quote(CLI)} -i test ${where}`
    return spawnSync('bash', ['-c', `set -o pipefail; ${text}`], { cwd: project.dir, env, encoding: 'utf8' })
  }
  for (const where of ['>/dev/full', '| true']) {
    await bed.on('mon1', 'rm -f /root/well')
    const { status, stderr } = run(where)
    expect([status, stderr.match(/standard output can't be written/g)]).toEqual([0, [expect.anything()]])
    await bed.on('mon1', 'test -e /root/well')
  }
})

test('C49: a program that is killed leaves no ssh behind', async () => {
  const project = bed.project({
    roles: { slow: "[command({ name: 'slow', run: sh`sleep 20` })]" },
    use: ['command'],
    hosts: { web1: { connection: { transport: 'openssh' } } },
  })
  const running = project.start([])
  await running.until((event) => event.type === 'step-started')
  const masters = () =>
    spawnSync('pgrep', ['-fc', `ssh -M .*${machine('web1').address}`], { encoding: 'utf8' }).stdout.trim()
  expect(masters()).not.toBe('0')
  running.kill('SIGKILL')
  await running.done
  await until('its ssh is gone', 10, async () => masters() === '0')
})

test('a pool opens a second login beside the first, and counts both', async () => {
  const pool = createPool((host) => connect(host))
  const host = hostOf('web1')
  const port = 'echo "$SSH_CONNECTION"'
  try {
    const first = await (await pool.get(host)).exec(port)
    const again = await (await pool.get(host)).exec(port)
    const fresh = await (await pool.fresh(host)).exec(port)
    expect(again.stdout).toBe(first.stdout)
    expect(fresh.stdout).not.toBe(first.stdout)
    expect(pool.traffic(host)).toMatchObject({ execs: 3, connects: 2, bytesOut: 3 * port.length })
  } finally {
    await pool.close()
  }
})

test('local: runs here', async () => {
  const result = await connect(hostOf('web1', { transport: 'local' })).then((here) => here.exec('echo out; exit 4'))
  if (process.getuid?.() === 0) expect(result).toEqual({ status: 4, stdout: 'out\n', stderr: '' })
})
