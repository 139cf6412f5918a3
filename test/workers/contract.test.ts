import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type ConnectOptions, connector } from '../../src/connection/connect.ts'
import type { Connection } from '../../src/connection/connection.ts'
import type { ConnectionSettings } from '../../src/inventory/inventory.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { workerProcess } from '../../src/workers/worker-process.ts'
import { openWorkers, type Workers } from '../../src/workers/workers.ts'
import { realShell, type SshServer, sshServer } from '../connection/ssh-server.ts'
import { program } from '../program.ts'

const servers = new Set<SshServer>()
const open = new Set<Connection>()
const started = new Set<Workers>()
afterEach(async () => {
  await Promise.all([...open].map((connection) => connection.close()))
  for (const server of servers) server.close()
  open.clear()
  servers.clear()
})
afterAll(async () => {
  await Promise.all([...started].map((workers) => workers.close()))
})

const command = [process.execPath, await program(), 'worker']
const throughWorkers: ConnectOptions['logins'] = (means) => {
  const workers = openWorkers(means, { count: 2, start: () => workerProcess(command) })
  started.add(workers)
  return workers.open
}
const serve = async (options: Partial<Parameters<typeof sshServer>[0]> = {}) => {
  const server = await sshServer({ onExec: realShell(), ...options })
  servers.add(server)
  return server
}

/** What a run counts on, wherever its logins are made. */
describe.each([
  ['from this process', undefined],
  ['through a worker', throughWorkers],
])('a connection %s', (_, logins) => {
  const warned: string[] = []
  const connect = connector({ env: process.env, warn: (message) => warned.push(message), logins })
  const dial = async (server: SshServer, settings: Partial<ConnectionSettings> = {}) => {
    const connection = await connect(server.host({ connectTimeout: 30, ...settings }))
    open.add(connection)
    return connection
  }

  test('keeps status and outputs apart, and text as it is', async () => {
    const connection = await dial(await serve())
    const result = await connection.exec('{ printf " é\\n\\n"; echo err >&2; exit 7; } </dev/null')
    expect(result).toEqual({ status: 7, stdout: ' é\n\n', stderr: 'err\n' })
    expect((await connection.exec('kill -TERM $$')).status).toBe(143)
  })

  test('carries a script of 3 MiB, and its answer, whole', async () => {
    const connection = await dial(await serve())
    const text = `'"$\`\\ ü€𝄞 `.repeat(200_000)
    const script = `cat <<'END_OF_TEXT'\n${text}\nEND_OF_TEXT\n`
    let heard = ''
    const [kept] = await Promise.all([
      connection.exec(script),
      connection.exec(script, { onStdout: (part) => (heard += part) }),
    ])
    expect(Buffer.byteLength(script)).toBeGreaterThan(3 << 20)
    expect(kept.stdout === `${text}\n`).toBe(true)
    expect(heard === kept.stdout).toBe(true)
  })

  test('runs 12 scripts at once', async () => {
    const connection = await dial(await serve())
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => connection.exec(`sleep 0.1; echo ${i}; exit ${i}`)),
    )
    expect(results.map(({ status, stdout }) => [status, stdout])).toEqual(results.map((_, i) => [i, `${i}\n`]))
  })

  test('ends a script that is given up: by time, by the user, before it began', async () => {
    const connection = await dial(await serve())
    await expect(connection.exec('sleep 30', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timeout' })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    await expect(connection.exec('sleep 30', { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
    await expect(connection.exec('sleep 30', { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
    expect((await connection.exec('echo still here')).stdout).toBe('still here\n')
  })

  test('does without a reader of the whole script', async () => {
    const connection = await dial(await serve())
    expect((await connection.exec(`exit 3\n${'#'.repeat(3 << 20)}\n`)).status).toBe(3)
    expect((await connection.exec('echo still here')).stdout).toBe('still here\n')
  })

  test('cuts off what prints without end, on either output, and is as good as before', async () => {
    const connection = await dial(await serve())
    for (const flood of ['echo first; yes', 'echo first >&2; yes >&2']) {
      await expect(connection.exec(flood)).rejects.toMatchObject({
        code: 'output',
        log: expect.arrayContaining(['first', expect.stringMatching(/characters left out/)]),
      })
    }
    expect((await connection.exec('echo still here')).stdout).toBe('still here\n')
  })

  test('knows hosts by known_hosts: new ones are added to it, another key is refused', async () => {
    const hostKeys = [makeKeyPair('one').private]
    const server = await serve({ hostKeys })
    const { knownHosts } = server.host().connection
    await dial(server)
    expect(readFileSync(knownHosts, 'utf8')).toContain(server.hostKey.toString('base64'))
    await dial(server, { hostKeyChecking: 'strict' })
    const other = await serve({ hostKeys: [makeKeyPair('other').private] })
    const port = other.host().connection.port
    writeFileSync(knownHosts, `[127.0.0.1]:${port} ssh-ed25519 ${server.hostKey.toString('base64')}\nnonsense\n`)
    await expect(dial(other, { knownHosts })).rejects.toMatchObject({
      code: 'host-key',
      host: 'web1',
      message: expect.stringContaining('CHANGED'),
      hint: expect.stringContaining('provision trust --replace web1'),
      origin: { file: 'hosts.yml', line: 3, col: 7 },
    })
    expect(warned).toEqual([expect.stringContaining('known_hosts:2: not a known_hosts line')])
    await expect(dial(server, { knownHosts: '/' })).rejects.toMatchObject({ code: 'host-key' })
  })

  test('says what was offered where nobody is let in, and that nothing listens', async () => {
    const server = await serve({ onAuth: (context) => context.reject(['publickey']) })
    await expect(dial(server)).rejects.toMatchObject({
      code: 'auth',
      log: expect.arrayContaining([expect.stringMatching(/^offered: ED25519 /)]),
    })
    await expect(dial(server, { port: 1 })).rejects.toMatchObject({ code: 'refused' })
  })

  test('goes over one connection to the jump host of several hosts', async () => {
    const [jump, inside] = await Promise.all([serve({ forwards: true }), serve()])
    const jumps = [{ ...jump.host(), name: 'bastion' }]
    const hosts = Array.from({ length: 6 }, (_, i) => ({
      ...inside.host({ jumps, connectTimeout: 30 }),
      name: `inside${i}`,
    }))
    const connections = await Promise.all(hosts.map(connect))
    for (const one of connections) open.add(one)
    const answers = await Promise.all(connections.map((one) => one.exec('echo here')))
    expect(answers.map(({ stdout }) => stdout)).toEqual(hosts.map(() => 'here\n'))
    expect(jump.connected()).toEqual({ now: 1, ever: 1 })
    expect(inside.connected().now).toBe(6)
  })

  test('tells a lost link from the end of a script', async () => {
    const server = await serve()
    const connection = await dial(server)
    const running = expect(connection.exec('echo at work; sleep 30', { onStdout: () => server.cut() })).rejects
    await running.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('link lost to root@127.0.0.1'),
    })
    await expect(connection.exec('true')).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('closes', async () => {
    const server = await serve()
    const connection = await connect(server.host())
    const running = expect(connection.exec('sleep 30')).rejects.toMatchObject({ code: 'unreachable' })
    await sleep(300)
    await connection.close()
    await running
    await vi.waitUntil(() => server.connected().now === 0, { timeout: 5000 })
    await expect(connection.exec('true')).rejects.toMatchObject({ code: 'unreachable' })
  })
})
