import { ProvisionError } from '../errors.ts'
import { STATE_DIR } from '../plan/target-state.ts'
import { type Action, RESTORED } from '../resources/resource.ts'
import { type FrameEvent, frameReader, GUARD } from '../shell/frame.ts'
import { LOCKED, STALE } from './lock.ts'
import type { LockSession } from './session.ts'

/** One fragment of an apply script, as people see it. No keys: the tool's own business, shown only when it fails. */
export interface StepInfo {
  readonly id: string
  readonly keys: readonly string[]
  readonly action: Action | 'handler'
  readonly timeout: number
}

export interface StepsRun {
  readonly nonce: string
  readonly script: string
  readonly steps: readonly StepInfo[]
  readonly timeoutMs: number
  readonly onDone: (key: string) => void
}

/** Lines of a failed step's output that go with its error. */
const LOG_LINES = 20

const UNFINISHED = 'run again: what the host has not done by then is done, handlers included'

/** Sends an apply script and turns what comes back, while it comes, into events. */
export async function runSteps(session: LockSession, run: StepsRun): Promise<'applied' | 'stale'> {
  const reader = stepReader(session, run)
  const result = await session.connection
    .exec(run.script, {
      onStdout: frameReader(run.nonce, reader.onFrame),
      timeoutMs: run.timeoutMs,
      ...(session.signal ? { signal: session.signal } : {}),
    })
    .catch((error: unknown) => {
      throw reader.lost(error)
    })
  return reader.outcome(session.mask(result.stderr))
}

function stepReader(session: LockSession, run: StepsRun) {
  const ended = new Map<string, number>()
  let log: string[] = []
  let began = 0
  let current = ''
  const infoOf = (id: string) => run.steps.find((step) => step.id === id)

  const onFrame = (event: FrameEvent): void => {
    const info = infoOf(event.id)
    if (event.type === 'line') {
      const line = session.mask(event.line)
      log.push(line)
      if (log.length > LOG_LINES) log.shift()
      const key = info?.keys[0]
      if (key !== undefined) session.emit({ type: 'output', host: session.host, key, line })
      else if (event.id === GUARD) session.emit({ type: 'host-note', host: session.host, message: line })
    } else if (event.type === 'begin') {
      log = []
      current = event.id
      began = performance.now()
      for (const key of info?.keys ?? []) {
        session.emit({ type: 'step-started', host: session.host, key, action: info?.action ?? 'update' })
      }
    } else {
      current = ''
      ended.set(event.id, event.status)
      const ok = event.status === 0
      for (const key of info?.keys ?? []) {
        if (ok) run.onDone(key)
        session.emit({ type: 'step-finished', host: session.host, key, ok, ms: performance.now() - began })
      }
    }
  }

  const outcome = (stderr: string): 'applied' | 'stale' => {
    const guard = ended.get(GUARD)
    if (guard === STALE) return 'stale'
    if (guard === LOCKED) {
      throw new ProvisionError(log.at(-1) ?? 'another run changes this host', {
        code: 'locked',
        host: session.host,
        hint: 'run again when the other run is over; a dead run gives way by itself within a minute',
      })
    }
    if (guard !== undefined && guard !== 0) {
      throw new ProvisionError(`nothing is changed: the lock in ${STATE_DIR} could not be written`, {
        code: 'apply',
        host: session.host,
        hint: 'is the disk of the host full, or mounted read-only?',
        log: log.filter((line) => line.trim() !== ''),
      })
    }
    for (const step of run.steps) {
      const status = ended.get(step.id)
      if (status === 0) continue
      if (status !== undefined) throw failure(step, status)
      throw new ProvisionError('the script ended before it was done', {
        code: 'unreachable',
        host: session.host,
        resource: step.keys[0],
        hint: UNFINISHED,
        log: stderr.split('\n').filter((line) => line !== ''),
      })
    }
    return 'applied'
  }

  const failure = (step: StepInfo, status: number): ProvisionError => {
    const key = step.keys.join(', ')
    const verb = step.action === 'handler' ? 'handler failed' : 'could not be applied'
    const why = status === 124 ? `took longer than ${step.timeout} s` : `status ${status}`
    return new ProvisionError(`${key.replace(/^handler:/, '') || step.id} ${verb} (${why})`, {
      code: step.action === 'handler' ? 'handler' : 'apply',
      host: session.host,
      resource: step.keys[0],
      log: log.filter((line) => line.trim() !== ''),
      restored: status === RESTORED,
    })
  }

  /** The way to the host is gone, in the middle of a step: which one, and what that means, the connection can't know. */
  const lost = (error: unknown): unknown => {
    if (!(error instanceof ProvisionError)) return error
    return new ProvisionError(error.message, {
      code: error.code,
      host: session.host,
      resource: error.resource ?? infoOf(current)?.keys[0],
      origin: error.origin,
      hint: error.hint ?? UNFINISHED,
      log: error.log.length > 0 ? error.log : log.filter((line) => line.trim() !== ''),
      cause: error,
    })
  }

  return { onFrame, outcome, lost }
}
