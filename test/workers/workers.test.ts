import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { failure } from '../../src/connection/failure.ts'
import { decryptKey } from '../../src/connection/key-file.ts'
import { loginPassword } from '../../src/connection/login-password.ts'
import type { LoginMeans } from '../../src/connection/open.ts'
import type { Source, Transport, Wire } from '../../src/connection/transport.ts'
import type { UnlockedKeys } from '../../src/connection/unlock.ts'
import { ProvisionError } from '../../src/errors.ts'
import type { Target } from '../../src/inventory/inventory.ts'
import { reveal, secret } from '../../src/masking/secret.ts'
import { WINDOW } from '../../src/workers/flow.ts'
import { openWorkers } from '../../src/workers/workers.ts'
import { aHost } from '../connection/host-fixture.ts'
import { type WorkerHere, workerHere } from './pair.ts'

const named = (name: string, jumps?: readonly Target[]): Target => ({ ...aHost(jumps ? { jumps } : {}), name })

/** How a worker of these tests logs in, and runs what. */
interface Host {
  login?(host: Target, means: LoginMeans): Promise<void>
  run?(command: string, input: unknown, wire: Wire): Promise<number>
}

/** The workers of a run, in this process. */
function fleet(
  count: number,
  { login, run = async () => 0 }: Host = {},
  more: Partial<LoginMeans> = {},
  askMs?: number,
) {
  const workers: WorkerHere[] = []
  /** Who logged in where, by the number of the worker. */
  const opened: [worker: number, host: string][] = []
  const told: string[] = []
  const closed: string[] = []
  const means: LoginMeans = {
    hostKeys: { algorithms: async () => ['ssh-ed25519'], check: async () => undefined },
    ...{ env: {}, password: undefined, keys: undefined, signal: undefined },
    tell: (message) => told.push(message),
    ...more,
  }
  const start = () => {
    const number = workers.length
    const one = workerHere((theirs) => async (host): Promise<Transport> => {
      await login?.(host, theirs)
      opened.push([number, host.name])
      return {
        run,
        close: async () => {
          closed.push(host.name)
        },
      }
    })
    workers.push(one)
    return one.carrier
  }
  return { ...openWorkers(means, { count, start, askMs }), workers, opened, told, closed }
}

const wire = (signal = new AbortController().signal) => {
  const heard: Buffer[] = []
  return { heard, wire: { stdout: (part: Buffer) => void heard.push(part), stderr: () => {}, signal } }
}
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('hosts are spread', () => {
  test('evenly; each stays with its worker', async () => {
    const { open, opened } = fleet(3)
    const hosts = Array.from({ length: 9 }, (_, i) => named(`web${i}`))
    await Promise.all([...hosts, ...hosts].map(open))
    const of = (host: string) => opened.filter(([, name]) => name === host).map(([worker]) => worker)
    expect(hosts.map(({ name }) => new Set(of(name)).size)).toEqual(hosts.map(() => 1))
    expect([0, 1, 2].map((worker) => opened.filter(([one]) => one === worker).length)).toEqual([6, 6, 6])
  })

  test('those behind one jump host together: it is logged in at once', async () => {
    const { open, opened } = fleet(3)
    const [east, west] = [[named('east')], [{ ...named('west'), address: '192.0.2.8' }, named('inner')]]
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => open(named(`web${i}`, i % 2 === 0 ? east : west))).concat(open(named('own'))),
    )
    const workersOf = (odd: number) =>
      new Set(opened.filter(([, name]) => Number(name.at(-1)) % 2 === odd).map(([one]) => one))
    expect([workersOf(0).size, workersOf(1).size]).toEqual([1, 1])
    expect(workersOf(0)).not.toEqual(workersOf(1))
  })
})

describe('a worker that is killed', () => {
  test('is a lost link to all its hosts; who connects next finds a new one', async () => {
    const { open, workers, opened, told } = fleet(2, { run: () => new Promise(() => {}) })
    const [one, other] = await Promise.all(['web0', 'web1', 'web2'].map((name) => open(named(name))))
    if (!one || !other) throw new Error('nobody is connected')
    const running = [one, other].map((each) => failureOf(each.run('sh', '', wire().wire)))
    await sleep(5)
    workers[0]?.kill()
    const lost = {
      code: 'unreachable',
      message: 'link lost to deploy@192.0.2.7:22: its worker process was ended by SIGKILL',
    }
    expect(await running[0]).toMatchObject({ ...lost, host: 'web0' })
    await expect(one.run('sh', '', wire().wire)).rejects.toMatchObject(lost)
    await one.close()
    await expect(Promise.race([running[1], sleep(20, 'at work')])).resolves.toBe('at work')
    expect(told).toEqual(['a worker process was ended by SIGKILL: 2 connections are lost with it'])
    await open(named('web0'))
    expect(opened.at(-1)).toEqual([2, 'web0'])
  })

  test('while it logs in: that host is not connected', async () => {
    const { open, workers } = fleet(1, { login: () => new Promise(() => {}) })
    const connecting = failureOf(open(named('web1')))
    await sleep(5)
    workers[0]?.kill()
    expect(await connecting).toMatchObject({
      code: 'unreachable',
      host: 'web1',
      message: expect.stringContaining('not connected to deploy@192.0.2.7:22: its worker process was ended'),
    })
  })

  test('each time it starts: no more are started, and that is told once', async () => {
    const { open, workers, told } = fleet(1, { login: () => new Promise(() => {}) })
    for (let i = 0; i < 3; i++) {
      const connecting = failureOf(open(named(`web${i}`)))
      await sleep(5)
      workers.at(-1)?.kill()
      expect(await connecting).toMatchObject({ code: 'unreachable' })
    }
    for (const name of ['web4', 'web5']) {
      await expect(open(named(name))).rejects.toMatchObject({
        code: 'unreachable',
        host: name,
        message: expect.stringContaining('worker processes end as soon as they start: was ended by SIGKILL'),
        hint: expect.stringContaining('--workers 0'),
      })
    }
    expect(workers).toHaveLength(3)
    expect(told.filter((one) => /3 times/.test(one))).toHaveLength(1)
  })

  test('or that does nothing any more: it is ended, and its hosts are told how long it was silent', async () => {
    const { open, workers, told } = fleet(1, { run: () => new Promise(() => {}) }, {}, 20)
    const connection = await open(named('web1'))
    const running = failureOf(connection.run('sh', '', wire().wire))
    // As long as it answers, it may take any time.
    await sleep(300)
    expect(told).toEqual([])
    workers[0]?.hang()
    expect(await running).toMatchObject({
      code: 'unreachable',
      message: 'link lost to deploy@192.0.2.7:22: its worker process did not answer for 0.12 s',
    })
  })

  test('with the password in its hands leaves it to the next host', async () => {
    const password = loginPassword(secret('right'))
    const tried: string[] = []
    const { open, workers } = fleet(
      2,
      {
        async login({ name }, theirs) {
          await theirs.password?.attempt(name, async (text) => {
            tried.push(`${name} ${text}`)
            if (name === 'web0') await new Promise(() => {})
            return 'accepted'
          })
        },
      },
      { password },
    )
    const first = failureOf(open(named('web0')))
    const second = open(named('web1'))
    await vi.waitUntil(() => tried.length > 0)
    await sleep(10)
    expect(tried).toEqual(['web0 right'])
    workers[0]?.kill()
    expect(await first).toMatchObject({ code: 'unreachable' })
    await second
    expect(tried).toEqual(['web0 right', 'web1 right'])
  })
})

describe('the run decides', () => {
  test('on passwords: a wrong one is shown to one host of many, whichever workers they are with', async () => {
    const shown: string[] = []
    const refused: (string | undefined)[] = []
    const { open } = fleet(
      3,
      {
        async login(host, theirs) {
          const by = await theirs.password?.attempt(host.name, async () => {
            shown.push(host.name)
            return 'refused'
          })
          refused.push(by)
        },
      },
      { password: loginPassword(secret('wrong')) },
    )
    await Promise.all(Array.from({ length: 9 }, (_, i) => open(named(`web${i}`))))
    expect(shown).toEqual(['web0'])
    expect(refused.filter((by) => by === 'web0')).toHaveLength(8)
  })

  test('on host keys, jump hosts’ too; what it refuses is told as it says it', async () => {
    const asked: unknown[] = []
    const why = failure(named('web1'), 'host-key', 'CHANGED', { hint: 'look' })
    const verdicts: unknown[] = []
    const { open } = fleet(
      1,
      {
        async login(host, theirs) {
          const [jump = host] = host.connection.jumps ?? []
          verdicts.push(await theirs.hostKeys.algorithms(jump))
          verdicts.push(await theirs.hostKeys.check(jump, Buffer.from([0, 255, 10])))
        },
      },
      {
        hostKeys: {
          algorithms: async ({ name }) => {
            asked.push(name)
            return ['ssh-ed25519', 'rsa-sha2-512']
          },
          check: async ({ name, connection }, key) => {
            asked.push([name, connection.knownHosts, [...key]])
            return why
          },
        },
      },
    )
    await open(named('web1', [named('bastion')]))
    expect(asked).toEqual(['bastion', ['bastion', '/nonexistent/known_hosts', [0, 255, 10]]])
    expect(verdicts[0]).toEqual(['ssh-ed25519', 'rsa-sha2-512'])
    expect(verdicts[1]).toBeInstanceOf(ProvisionError)
    expect(verdicts[1]).toMatchObject({ code: 'host-key', message: 'CHANGED', hint: 'look', host: 'web1' })
  })

  test('on passphrases, which were asked for before: workers open the keys by themselves', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'worker-keys-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const [mine, moved] = [join(dir, 'mine'), join(dir, 'moved')]
    execFileSync('ssh-keygen', ['-q', '-a', '1', '-t', 'ed25519', '-f', mine, '-N', 'open sesame'])
    const passphrase = secret('open sesame')
    const key = await decryptKey(mine, passphrase)
    if (!key) throw new Error('that is not its passphrase')
    const keys = new Map([mine, moved].map((path) => [path, { key, passphrase }]))
    const opened: UnlockedKeys[] = []
    const { open } = fleet(1, { login: async (_, theirs) => void opened.push(theirs.keys ?? new Map()) }, { keys })
    await open(named('web1'))
    // A file that is gone is as one that nobody has a passphrase for.
    expect(opened.map((one) => [...one.keys()])).toEqual([[mine]])
    expect(opened[0]?.get(mine)?.key.getPublicSSH()).toEqual(key.getPublicSSH())
    expect(reveal(opened[0]?.get(mine)?.passphrase ?? '')).toBe('open sesame')
  })

  test('when it wants out: logins end, here at once and there', async () => {
    const stop = new AbortController()
    let theirs: AbortSignal | undefined
    const { open, opened } = fleet(
      1,
      {
        login: (_, { signal }) => {
          theirs = signal
          return new Promise(() => {})
        },
      },
      { signal: stop.signal },
    )
    const connecting = failureOf(open(named('web1')))
    await vi.waitUntil(() => theirs !== undefined)
    stop.abort()
    expect(await connecting).toMatchObject({ code: 'aborted', host: 'web1' })
    await vi.waitUntil(() => theirs?.aborted)
    await expect(open(named('web2'))).rejects.toMatchObject({ code: 'aborted' })
    expect(opened).toEqual([])
  })

  test('what of a host leaves it: neither the password for sudo nor vars', async () => {
    const { open, workers } = fleet(1)
    const host = { ...aHost({ becomePassword: secret('unmistakable') }), vars: { word: 'unmistakable' } }
    await open(host)
    expect(workers[0]?.fromRun.map(({ head }) => JSON.stringify(head)).join('\n')).not.toContain('unmistakable')
  })
})

describe('a host that prints without end', () => {
  test('waits for a run that does not read, and fills nobody’s memory', async () => {
    let isPaused = false
    const source: Source & PassThrough = Object.assign(new PassThrough(), {})
    source.pause = () => {
      isPaused = true
      return source
    }
    source.resume = () => {
      isPaused = false
      return source
    }
    let printed = 0
    const part = Buffer.alloc(64 * 1024, 'x')
    const { open, workers } = fleet(1, {
      run: async (_, __, { stdout, sources }) => {
        sources?.(source)
        // Nobody at the other end has a turn until this is done.
        for (; !isPaused && printed < 100 * WINDOW; printed += part.length) stdout(part)
        const mostly = printed
        while (printed < 4 * WINDOW) {
          if (isPaused) await sleep(1)
          else {
            stdout(part)
            printed += part.length
          }
        }
        return mostly === WINDOW ? 0 : 1
      },
    })
    const connection = await open(named('web1'))
    const { heard, wire: to } = wire()
    expect(await connection.run('sh', '', to)).toBe(0)
    expect(Buffer.concat(heard)).toHaveLength(printed)
    const credits = workers[0]?.fromRun.filter(({ head }) => 'type' in head && head.type === 'credit')
    expect(credits?.length).toBeLessThan(10)
  })
})

test('input that nobody reads stays with the run', async () => {
  const { open, workers } = fleet(1, {
    run: async (_, input) => {
      await sleep(30)
      if (!(input instanceof PassThrough)) return 1
      let size = 0
      for await (const part of input) size += Buffer.byteLength(part)
      return size === 40 * WINDOW ? 0 : 1
    },
  })
  const connection = await open(named('web1'))
  const running = connection.run('sh', 'x'.repeat(40 * WINDOW), wire().wire)
  await sleep(20)
  const sent = () => (workers[0]?.fromRun ?? []).reduce((sum, { body }) => sum + (body?.length ?? 0), 0)
  expect(sent()).toBeLessThanOrEqual(4 * WINDOW)
  expect(await running).toBe(0)
  expect(sent()).toBe(40 * WINDOW)
})

test.each([
  ['no known type', { type: 'launch' }],
  ['a field missing', { type: 'output', id: 1 }],
  ['a field of another kind', { type: 'done', id: 'one' }],
  ['a field too many', { type: 'done', id: 1, status: 0, extra: true }],
  ['another version of the protocol', { type: 'ready', protocol: 9, version: 'x' }],
])('a worker that says what makes no sense (%s) is gone', async (_, head) => {
  const { open, workers } = fleet(1, { run: () => new Promise(() => {}) })
  const connection = await open(named('web1'))
  const running = failureOf(connection.run('sh', '', wire().wire))
  workers[0]?.babble({ head })
  expect(await running).toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('said what makes no sense'),
  })
})

test('what nobody expected is told as such, with its place', async () => {
  const { open } = fleet(1, {
    login: async () => {
      throw new TypeError('x is not a function')
    },
  })
  const error = await failureOf(open(named('web1')))
  expect(error).not.toBeInstanceOf(ProvisionError)
  expect(error).toMatchObject({ message: 'x is not a function', stack: expect.stringContaining('workers.test') })
})

test('what is closed is closed there', async () => {
  const { open, closed, close } = fleet(1)
  const connection = await open(named('web1'))
  await connection.close()
  expect(closed).toEqual(['web1'])
  await open(named('web2'))
  await close()
  await vi.waitUntil(() => closed.length > 1)
  expect(closed).toEqual(['web1', 'web2'])
})
