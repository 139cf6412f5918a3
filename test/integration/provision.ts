import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Failure } from '../../src/errors.ts'
import type { Event, HostResult } from '../../src/execute/events.ts'
import type { HostPlan } from '../../src/plan/host-plan.ts'
import { carriedOut } from './program-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const CLI = join(ROOT, 'dist/src/cli/cli.js')

/** One run of the program, as its reader sees it. */
export interface Run {
  readonly status: number | null
  /** What `--json` told; empty without it. */
  readonly events: readonly Event[]
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
  /** The first plan of a host. @throws Error when it was not planned */
  plan(host: string): HostPlan
  /** @throws Error when the run did not get so far */
  result(host: string): HostResult
  /** Why a host failed. @throws Error when it did not */
  failure(host: string): Failure
  /** Hosts that failed, each with why and with the last lines of its log. */
  failures(): string[]
  /** Messages of the host's notes. */
  notes(host: string): string[]
}

/** A run that goes on. */
export interface Running {
  readonly done: Promise<Run>
  /** The first event that fits, also when it is over already. Rejects when the run ends without one. */
  until(fits: (event: Event) => boolean): Promise<Event>
  /** A signal for the program itself. */
  kill(signal: NodeJS.Signals): void
}

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Read events: `--json` is added. Default true. */
  readonly json?: boolean
  /** A subcommand: `rollback`. */
  readonly command?: string
}

/** The command line, and where it is given. */
function commandLine(args: readonly string[], { json = true, command, cwd = ROOT, env }: ProgramOptions) {
  return {
    words: [...(command === undefined ? [] : [command]), ...args, ...(json ? ['--json'] : [])],
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    json,
  }
}

/** Runs the built program as a process of its own. */
export function startProvision(args: readonly string[], options: ProgramOptions = {}): Running {
  const began = performance.now()
  const { words, cwd, env, json } = commandLine(args, options)
  const child = spawn(process.execPath, [CLI, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const events: Event[] = []
  const waiting = new Set<() => void>()
  let stdout = ''
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    stdout += `${line}\n`
    const event = json ? parseEvent(line) : undefined
    if (event) events.push(event)
    for (const look of waiting) look()
  })
  const done = Promise.all([once(child, 'close'), once(lines, 'close')]).then(() =>
    runOf({ status: child.exitCode, events, stdout, stderr, ms: performance.now() - began }),
  )
  return {
    done,
    until(fits) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const event = events.find(fits)
          if (!event) return
          waiting.delete(look)
          resolve(event)
        }
        waiting.add(look)
        look()
        done.then((run) => reject(new Error(`the run ended without it:\n${run.stdout}${run.stderr}`)), reject)
      })
    },
    kill: (signal) => void child.kill(signal),
  }
}

/**
 * Runs the built program to its end, by a process that has carried out others before: what one loads anew each time is up to
 * half of what a run costs. Who wants to meet it in the middle, or all of the process, starts it.
 */
export async function provision(args: readonly string[], options: ProgramOptions = {}): Promise<Run> {
  const began = performance.now()
  const { json, ...line } = commandLine(args, options)
  const { status, stdout, stderr } = await carriedOut(CLI, line)
  const events = json ? stdout.split('\n').flatMap((line) => (line === '' ? [] : (parseEvent(line) ?? []))) : []
  return runOf({ status, events, stdout, stderr, ms: performance.now() - began })
}

/** What a plan says that a run would do: resources with their action, and handlers. */
export function plannedOf(plan: HostPlan): string[] {
  const items = plan.items.filter((item) => item.action !== 'none').map((item) => item.key)
  return [...items, ...plan.handlers.map((handler) => `handler:${handler.id}`)].sort()
}

function runOf(facts: Pick<Run, 'status' | 'events' | 'stdout' | 'stderr' | 'ms'>): Run {
  const needed = <T>(value: T | undefined, what: string): T => {
    if (value !== undefined) return value
    throw new Error(`${what}:\n${facts.stdout}${facts.stderr}`)
  }
  const result = (host: string) => {
    const found = facts.events.find((event) => event.type === 'host-finished' && event.host === host)
    return needed(found?.type === 'host-finished' ? found.result : undefined, `no result of ${host}`)
  }
  return {
    ...facts,
    result,
    plan(host) {
      const found = facts.events.find((event) => event.type === 'host-planned' && event.host === host)
      return needed(found?.type === 'host-planned' ? found.plan : undefined, `no plan of ${host}`)
    },
    failure: (host) => needed(result(host).failure, `${host} did not fail`),
    failures: () =>
      facts.events.flatMap((event) => {
        if (event.type !== 'host-finished' || event.result.outcome !== 'failed') return []
        const { host, failure } = event.result
        return [[`${host}: ${failure?.message}`, ...(failure?.log ?? [])].join('\n')]
      }),
    notes: (host) =>
      facts.events.flatMap((event) => (event.type === 'host-note' && event.host === host ? [event.message] : [])),
  }
}

/** The program's own contract; that its events have the fields of their type is what tests look at. */
const isEvent = (value: unknown): value is Event =>
  typeof value === 'object' && value !== null && 'type' in value && value.type !== 'header'

function parseEvent(line: string): Event | undefined {
  const value: unknown = JSON.parse(line)
  return isEvent(value) ? value : undefined
}

/** Tests of a program that is not the one in the sources would tell nothing. */
function needFreshBuild(): void {
  const built = statSync(CLI, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const stale = ['src', 'roles'].some((dir) =>
    readdirSync(join(ROOT, dir), { recursive: true, withFileTypes: true }).some(
      (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).mtimeMs > built,
    ),
  )
  if (stale) throw new Error('dist/ is older than the sources: run "npm run build" first')
}

needFreshBuild()
