import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Connection, ExecOptions, ExecResult } from '../../src/connection/connection.ts'
import { aborted, ProvisionError } from '../../src/errors.ts'
import type { Target } from '../../src/host/target.ts'
import { type Begun, begin } from '../shell/begin.ts'
import { PROGRAMS } from './programs.ts'

/** What goes wrong with one exec. */
export type Trouble =
  /** The link is lost before the script gets there. */
  | { readonly what: 'cut' }
  /** The link is lost when so many bytes of the answer have come; the script runs to its end, and nobody hears of it. */
  | { readonly what: 'drop'; readonly after: number }
  /** The host loses its power when it has said so many bytes: nothing of the script goes on. The last ones may not come through. */
  | { readonly what: 'die'; readonly after: number; readonly heard?: number | undefined }
  /** No answer, ever. */
  | { readonly what: 'hang' }
  /** It answers with something else. */
  | { readonly what: 'garbage'; readonly text: string }

export interface FakeHost {
  readonly name: string
  /** Its folder: paths of its files begin with it. */
  readonly root: string
  readonly target: Target
  connect(): Promise<Connection>
  /** Scripts that it was sent, in order. */
  readonly scripts: readonly string[]
  /** How often somebody logged in. */
  logins(): number
  /** Asked before each exec, with its number (from 0): what goes wrong with it. Told how long its answer was. */
  onExec(trouble: (n: number, script: string) => Trouble | undefined, heard?: (bytes: number) => void): void
  /** Every connection that there is loses its link. */
  cutLinks(): void
  /** Its clock goes on by so many seconds. */
  later(seconds: number): void
  /** Scripts at work end, its clock begins anew. */
  reboot(): void
  /** Nothing that it was sent is at work any more. */
  quiet(): Promise<void>
  /** As it was when it was new: all files of scripts and tests are gone. */
  clear(): void
  /** Another program, or another in place of one that it has; `$root` is its folder. */
  program(name: string, script: string): void
  read(path: string): string | undefined
  write(path: string, text: string): void
}

/**
 * A host in a folder, gone when the test ends: scripts run in the real dash, with programs in place of those that only a
 * real host has, and with a clock of its own, on which `sleep` takes no time.
 */
export function fakeHost(name = 'a'): FakeHost {
  const root = mkdtempSync(join(tmpdir(), `host-${name}-`))
  onTestFinished(async () => {
    // A script whose link was lost goes on, and would put files into a folder that goes.
    for (const child of running.keys()) child.kill()
    await Promise.all(running.values())
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  })
  const path = (file: string) => join(root, file)
  const write = (file: string, text: string) => {
    mkdirSync(dirname(path(file)), { recursive: true })
    writeFileSync(path(file), text)
  }
  const program = (file: string, text: string) => {
    write(`bin/${file}`, `#!/bin/sh\nroot=${root}\n${text}\n`)
    chmodSync(path(`bin/${file}`), 0o755)
  }
  for (const [file, text] of Object.entries(PROGRAMS)) program(file, text)
  const boot = () => {
    write('proc/uptime', '100.00 100.00\n')
    write('proc/sys/kernel/random/boot_id', `${randomUUID()}\n`)
  }
  const key = randomUUID()
  const born = () => {
    boot()
    write('etc/ssh/ssh_host_ed25519_key', `${key}\n`)
  }
  born()
  const scripts: string[] = []
  const running = new Map<Begun, Promise<unknown>>()
  let links = new Set<{ lose(): void }>()
  let logins = 0
  let troubleOf: (n: number, script: string) => Trouble | undefined = () => undefined
  let tell: (bytes: number) => void = () => undefined

  const host: FakeHost = {
    name,
    root,
    target: {
      stateDir: path('state'),
      proc: path('proc'),
      hostKeys: path('etc/ssh'),
      path: `${path('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`,
    },
    scripts,
    logins: () => logins,
    onExec(trouble, heard = () => undefined) {
      troubleOf = trouble
      tell = heard
    },
    async connect() {
      logins += 1
      return link()
    },
    cutLinks() {
      for (const one of links) one.lose()
      links = new Set()
    },
    later(seconds) {
      const now = Number.parseFloat(readFileSync(path('proc/uptime'), 'utf8'))
      write('proc/uptime', `${(now + seconds).toFixed(2)} 0\n`)
    },
    reboot() {
      for (const child of running.keys()) child.kill()
      host.cutLinks()
      boot()
    },
    async quiet() {
      await Promise.all(running.values())
    },
    clear() {
      for (const one of readdirSync(root)) {
        if (one !== 'bin' && one !== 'proc') rmSync(path(one), { recursive: true, force: true })
      }
      born()
    },
    program,
    read: (file) => (existsSync(path(file)) ? readFileSync(path(file), 'utf8') : undefined),
    write,
  }

  const lost = () => new ProvisionError('link lost', { code: 'unreachable', host: name })

  function link(): Connection {
    let isLost = false
    const waiting = new Set<() => void>()
    const own = {
      lose() {
        isLost = true
        for (const end of waiting) end()
      },
    }
    links.add(own)
    const exec = (script: string, options: ExecOptions): Promise<ExecResult> =>
      new Promise((resolve, reject) => {
        if (isLost) return reject(lost())
        const trouble = troubleOf(scripts.length, script)
        scripts.push(script)
        const fail = (error: unknown) => {
          waiting.delete(lose)
          clearTimeout(timer)
          reject(error)
        }
        const lose = () => fail(lost())
        waiting.add(lose)
        const timedOut = () => fail(new ProvisionError('no answer in time', { code: 'timeout', host: name }))
        const timer = options.timeoutMs === undefined ? undefined : setTimeout(timedOut, options.timeoutMs)
        timer?.unref()
        options.signal?.addEventListener('abort', () => fail(aborted(name)), { once: true })
        if (options.signal?.aborted) return fail(aborted(name))
        if (trouble?.what === 'cut') return own.lose()
        if (trouble?.what === 'hang') return
        const child = run(script)
        const out: string[] = []
        const err: string[] = []
        let bytes = 0
        const heard = (text: string) => {
          if (!waiting.has(lose)) return
          if (options.onStdout) options.onStdout(text)
          else out.push(text)
        }
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          const limit = trouble?.what === 'drop' || trouble?.what === 'die' ? trouble.after : Number.POSITIVE_INFINITY
          const comesThrough = trouble?.what === 'die' ? (trouble.heard ?? limit) : limit
          if (trouble?.what !== 'garbage') heard(text.slice(0, Math.max(0, comesThrough - bytes)))
          bytes += text.length
          if (bytes < limit) return
          if (trouble?.what === 'die') host.reboot()
          own.lose()
        })
        child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text))
        child.ended.then((status) => {
          if (trouble?.what === 'garbage') heard(trouble.text)
          // It had less to say than that.
          if (trouble?.what === 'drop' || trouble?.what === 'die') own.lose()
          if (!waiting.delete(lose)) return
          tell(bytes)
          clearTimeout(timer)
          resolve({ status, stdout: out.join(''), stderr: err.join('') })
        })
      })
    return {
      exec: (script, options = {}) => exec(script, options),
      async close() {
        own.lose()
        links.delete(own)
      },
    }
  }

  function run(script: string): Begun {
    const child = begin({ file: 'dash', args: [], input: script, cwd: '/', env: LOGIN })
    running.set(
      child,
      child.ended.then(() => running.delete(child)),
    )
    return child
  }
  return host
}

/** What a login has in its environment. */
const LOGIN = { PATH: '/usr/bin:/bin', HOME: '/', LANG: 'C.UTF-8' }
