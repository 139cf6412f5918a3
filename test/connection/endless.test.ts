import { afterEach, describe, expect, test } from 'vitest'
import { connect } from '../../src/connection/connect.ts'
import { realShell, type SshServer, sshServer } from './ssh-server.ts'

const servers = new Set<SshServer>()
afterEach(() => {
  for (const server of servers) server.close()
  servers.clear()
})

const serve = async (before = '') => {
  const server = await sshServer({ onExec: realShell(before) })
  servers.add(server)
  return server
}
const asRoot = process.getuid?.() === 0
const over = async (transport: 'ssh' | 'local', before = '') =>
  connect((await serve(before)).host({ transport, connectTimeout: 30 }), { env: process.env })

/** How much more memory the process took while `work` was done, at its highest. */
const grown = async (work: Promise<unknown>) => {
  const before = process.memoryUsage().rss
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 20)
  await work.finally(() => clearInterval(timer))
  return (most - before) / 1024 / 1024
}

const LINE = 'head -c 200000000 /dev/zero | tr "\\0" x'

describe.runIf(asRoot).each(['ssh', 'local'] as const)('C47: over %s, a host that', (transport) => {
  test.each([
    ['prints lines without end', 'echo first; yes'],
    ['prints one line of 200 MB', LINE],
    ['prints without end on standard error', 'yes >&2'],
  ])(
    '%s fails with the ends of it, in bounded memory, beside one that ends well',
    async (_, script) => {
      const [sick, well] = await Promise.all([over(transport), over(transport)])
      const failed = expect(sick.exec(script)).rejects.toMatchObject({
        code: 'output',
        message: expect.stringContaining('16 MiB'),
        log: expect.arrayContaining([expect.stringMatching(/characters left out/)]),
      })
      const megabytes = await grown(
        Promise.all([
          failed,
          expect(well.exec('sleep 0.5; echo well')).resolves.toMatchObject({ status: 0, stdout: 'well\n' }),
        ]),
      )
      expect(megabytes).toBeLessThan(150)
      // The connection itself is as good as before.
      expect((await sick.exec('echo still here')).stdout).toBe('still here\n')
      await Promise.all([sick.close(), well.close()])
    },
    30_000,
  )

  test('prints without end while it is heard is cut off later, and nothing of it is kept', async () => {
    const sick = await over(transport)
    let heard = 0
    const running = sick.exec('yes', { onStdout: (text) => (heard += text.length) })
    const megabytes = await grown(expect(running).rejects.toMatchObject({ code: 'output' }))
    expect(heard).toBeGreaterThan(64 * 1024 * 1024 - 64 * 1024)
    expect(megabytes).toBeLessThan(150)
    await sick.close()
  }, 30_000)
})

test('C47: a login shell that prints without end is cut off early', async () => {
  const sick = await over('ssh', 'echo hello; yes noise')
  await expect(sick.exec('true')).rejects.toMatchObject({
    code: 'output',
    hint: expect.stringContaining('.bashrc'),
    log: expect.arrayContaining(['hello', 'noise']),
  })
  await sick.close()
})

test('C51: a login shell that hangs is held against the time limit of the login', async () => {
  const server = await serve('echo waiting for the mail server >&2; sleep 60')
  const sick = await connect(server.host({ connectTimeout: 1 }), { env: process.env })
  const began = performance.now()
  await expect(sick.exec('true', { timeoutMs: 50_000 })).rejects.toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('within 1 s'),
    log: ['waiting for the mail server'],
  })
  expect(performance.now() - began).toBeLessThan(10_000)
  await sick.close()
})

test('C51: a script that takes its time is not', async () => {
  const server = await serve()
  const slow = await connect(server.host({ connectTimeout: 1 }), { env: process.env })
  expect(await slow.exec('sleep 1.5; echo done')).toMatchObject({ stdout: 'done\n' })
  await slow.close()
})
