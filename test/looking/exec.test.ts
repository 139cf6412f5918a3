import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Executed, execOn, notBegun } from '../../src/looking/exec/exec.ts'
import { execLines, groupsOf } from '../../src/looking/exec/lines.ts'
import { type Command, liveScript } from '../../src/looking/exec/script.ts'
import { createMask } from '../../src/masking/mask.ts'
import { secret } from '../../src/masking/secret.ts'
import { paint } from '../../src/render/format/line.ts'
import { DEFAULT_PATH } from '../../src/shell/frame.ts'
import { aHost } from '../connection/host-fixture.ts'
import { spokenTo } from '../host/fake-access.ts'
import { fakeHost } from '../host/fake-host.ts'

interface More {
  readonly timeout?: number
  readonly mask?: (text: string) => string
  /** Told of each line; may stop it. */
  readonly onLine?: (line: string, stop: () => void) => void
}

/** A command on a host that is a folder, in the real dash. */
async function executed(command: Command, { timeout, mask, onLine }: More = {}) {
  const host = fakeHost('web1')
  host.program('sleep', 'exec /bin/sleep "$@"')
  const [stop, signal] = [new AbortController(), new AbortController()]
  const lines: string[] = []
  const done = await execOn({ ...aHost(), name: 'web1' }, spokenTo([host], mask && { mask }).access, {
    command,
    timeout,
    stop: stop.signal,
    signal: signal.signal,
    onLine(line) {
      lines.push(line)
      onLine?.(line, () => stop.abort())
    },
  })
  return { ...done, told: lines, scripts: host.scripts }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
/** What is killed may be waited for by nobody here: it counts as gone when it sleeps no more. */
async function gone(pids: readonly number[]): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (!pids.some(isAlive)) return true
    await sleep(100)
  }
  return false
}
/** A shell with a child in the background and one in front; it tells the numbers of all. */
const FAMILY = 'echo $$; sleep 300 & echo $!; sh -c "echo \\$\\$; exec sleep 300"'
const numbers = (lines: readonly string[]): number[] => lines.filter((line) => /^\d+$/.test(line)).map(Number)

describe('provision exec', () => {
  it('passes words on as they are, whatever is in them', async () => {
    const words = ['a b', '', '$HOME `id` $(id)', "it's", '-n', 'two\nlines', '*', 'A=b', '\\']
    const { told, status } = await executed({ argv: ['printf', '[%s]\\n', ...words] })
    expect(told.join('\n')).toBe(words.map((word) => `[${word}]`).join('\n'))
    expect(status).toBe(0)
  })

  it('--shell is text for sh; both outputs come as one, in their order, with nothing on standard input', async () => {
    const { told, lines } = await executed({ shell: 'echo one; echo two >&2; cat; printf three | tr t T' })
    expect(told).toEqual(['one', 'two', 'Three'])
    expect(lines).toBe(3)
  })

  it.each([
    [{ shell: 'exit 3' }, 3],
    [{ argv: ['no-such-program'] }, 127],
    [{ shell: 'kill -KILL $$' }, 137],
  ])('%j ends with status %i', async (command, status) => {
    const done = await executed(command)
    expect([done.status, done.failure]).toEqual([status, undefined])
  })

  it('takes no lock and leaves nothing in the folder of what is remembered', async () => {
    const host = fakeHost('web1')
    const never = new AbortController().signal
    const options = { command: { argv: ['true'] }, stop: never, signal: never, onLine: () => undefined }
    await execOn({ ...aHost(), name: 'web1' }, spokenTo([host]).access, options)
    expect(host.read('state/generation')).toBeUndefined()
    expect(host.scripts.join('')).not.toContain('apply.lock')
  })

  it('is told while it runs, and ended with all its children when the user wants no more', async () => {
    let count = 0
    const onLine = (_: string, stop: () => void) => {
      count += 1
      if (count === 3) stop()
    }
    const { told, status, failure } = await executed({ shell: FAMILY }, { onLine })
    expect(numbers(told)).toHaveLength(3)
    expect([status, failure?.code]).toEqual([undefined, 'aborted'])
    expect(await gone(numbers(told))).toBe(true)
  })

  it('is ended after --timeout, a program that will not hear of it too', async () => {
    const { told, failure } = await executed({ shell: `trap '' TERM; ${FAMILY}` }, { timeout: 0.5 })
    expect(failure).toMatchObject({ code: 'timeout', message: 'ended after 0.5 s' })
    expect(await gone(numbers(told))).toBe(true)
  })

  it('does not wait for what it leaves behind, which keeps the way open', async () => {
    const began = performance.now()
    const { told, status } = await executed({ shell: 'sleep 60 & echo $!' })
    onTestFinished(() => void process.kill(Number(told[0])))
    expect(status).toBe(0)
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(isAlive(Number(told[0]))).toBe(true)
  })

  it('does not outlive the way to it: a controller that is killed, a link that is cut', {
    timeout: 30_000,
  }, async () => {
    const child = spawn('dash', [], { stdio: 'pipe' })
    child.stdin.end(liveScript('n0nce', { shell: FAMILY }, DEFAULT_PATH).sh)
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
    while (numbers(text.split('\n')).length < 3) await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stderr.destroy()
    expect(await gone(numbers(text.split('\n')))).toBe(true)
  })

  it('masks what is secret, in what is told, kept and shown', async () => {
    const mask = createMask()
    mask.learn([secret('s3cr3t-w0rd')])
    const done = await executed({ argv: ['echo', 'it is s3cr3t-w0rd'] }, { mask: mask.text })
    expect(done.told).toEqual(['it is ‹secret›'])
    expect(done.output).toBe('it is ‹secret›\n')
  })

  it('keeps little of an output without end, and of a line without end its beginning', async () => {
    const { told, lines, output } = await executed({
      shell: 'seq 1 20000; head -c 300000 /dev/zero | tr "\\0" x; echo; echo end',
    })
    expect(lines).toBe(20_002)
    expect(output.length).toBeLessThan(200_000)
    expect(told.at(-2)).toMatch(/^x+ \[… the rest of a long line …\]$/)
    expect(told.at(-1)).toBe('end')
  })
})

describe('what came of it', () => {
  const one = (host: string, more: Partial<Executed>): Executed => ({
    ...{ host, tier: 'web', status: 0, lines: 1, digest: 'a', output: 'up\n', ms: 5 },
    ...more,
  })
  const shown = (all: readonly Executed[]) => execLines(all).map((line) => paint(line, false))

  it('hosts with the same output and status stand together', () => {
    const all = [
      one('web1', {}),
      one('web2', { digest: 'b', output: 'down\n' }),
      one('web3', {}),
      one('web4', { status: 3 }),
      one('web5', { lines: 0, digest: 'c', output: '' }),
    ]
    expect(groupsOf(all).map(({ hosts }) => hosts)).toEqual([['web1', 'web3'], ['web2'], ['web4'], ['web5']])
    expect(shown(all)).toEqual([
      '',
      'web1, web3  ok  the same on 2 hosts',
      '  up',
      '',
      'web2  ok',
      '  down',
      '',
      'web4  exit status 3',
      '  up',
      '',
      'web5  ok  no output',
      '',
      '5 hosts: 4 ok, 1 with another exit status',
    ])
  })

  it('hosts that came to no end say why; those that were let go are named', () => {
    const failure = (code: string, message: string) => ({ status: undefined, failure: { code, message, log: [] } })
    const all = [
      one('web1', failure('refused', 'nobody listens')),
      one('web2', failure('aborted', 'aborted by the user')),
      notBegun({ ...aHost(), name: 'web3' }),
    ]
    expect(shown(all)).toEqual([
      '',
      'web1 failed: nobody listens',
      '',
      'ended before it was done: web2',
      'not begun: web3',
      '3 hosts: 0 ok, 3 failed',
    ])
  })

  it('a long output is cut in the middle: it was shown whole above', () => {
    const output = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')
    const lines = shown([one('web1', { lines: 100, output }), one('web2', {})])
    expect(lines).toContain('  [… 60 lines: see above …]')
    expect(lines).toContain('  99')
    expect(lines).not.toContain('  50')
  })
})
