import { ProvisionError } from '../errors.ts'
import { type Action, RESTORED } from '../resources/resource.ts'
import { excerpt } from '../shell/excerpt.ts'
import { type FrameEvent, frameReader, GUARD } from '../shell/frame.ts'
import { REFUSED } from '../shell/install-file.ts'
import { readPartMark } from '../shell/part-marks.ts'
import type { HostEvent } from './events.ts'
import { LOCKED, STALE } from './lock.ts'
import type { Target } from './target.ts'

/** One fragment of an apply script, as people see it. No keys: the tool's own business, shown only when it fails. */
export interface StepInfo {
  readonly id: string
  readonly keys: readonly string[]
  readonly action: Action | 'handler'
  readonly timeout: number
}

/** Whom it is about, and who hears of it. */
export interface Listener {
  readonly host: string
  readonly target: Target
  mask(text: string): string
  emit(event: HostEvent): void
}

export interface StepsRun {
  readonly nonce: string
  readonly steps: readonly StepInfo[]
  readonly onDone: (key: string) => void
}

/** Lines of a failed step's output that go with its error. */
const LOG_LINES = 20
/** Lines of a step that are told while it is at work: more than anybody reads, and few enough to cost nobody time. */
const TOLD_LINES = 10_000
/** Characters told of a line that is cut; where it was cut, a secret of so many could stand in half. */
const CUT_LINE = 4096
const SECRET = 8 * 1024

/** What a step wants a person to read, however little a run prints. */
const WARNING = /^provision: warning: (.*)$/

const UNFINISHED = 'run again: what the host has not done by then is done, handlers included'

/** Turns what comes back from an apply script, while it comes, into events; and at its end into what became of it. */
export function stepReader(session: Listener, run: StepsRun) {
  const ended = new Map<string, number>()
  /** Keys of one step of several that were done before its end, and the one that it failed at. */
  const parts = new Set<string>()
  let fell: string | undefined
  let log: string[] = []
  let output = excerpt()
  let shownLines = 0
  let inLine = false
  let began = 0
  let current = ''
  const infoOf = (id: string) => run.steps.find((step) => step.id === id)
  const logged = () => log.map((line) => session.mask(line)).filter((line) => line.trim() !== '')

  const tell = (id: string, line: () => string) => {
    shownLines += 1
    if (shownLines > TOLD_LINES + 1) return
    const text = shownLines > TOLD_LINES ? '[… more was printed, and is not shown …]' : line()
    const key = infoOf(id)?.keys[0]
    if (key !== undefined) session.emit({ type: 'output', host: session.host, key, line: text })
    else if (id === GUARD) session.emit({ type: 'host-note', host: session.host, message: text })
  }

  const onFrame = (event: FrameEvent): void => {
    if (event.type === 'part') {
      output.push(event.text)
      if (!inLine) tell(event.id, () => `${session.mask(event.text).slice(0, -SECRET).slice(0, CUT_LINE)} […]`)
      inLine = true
    } else if (event.type === 'line' && !inLine && isPart(event.id, event.line)) {
      return
    } else if (event.type === 'line') {
      output.push(`${event.line}\n`)
      log.push(inLine ? '[… a line too long to be shown …]' : event.line)
      if (log.length > LOG_LINES) log.shift()
      const warning = WARNING.exec(event.line)?.[1]
      if (warning !== undefined) {
        session.emit({ type: 'host-note', host: session.host, message: session.mask(warning) })
      } else if (!inLine) tell(event.id, () => session.mask(event.line))
      inLine = false
    } else if (event.type === 'begin') {
      log = []
      output = excerpt()
      shownLines = 0
      inLine = false
      current = event.id
      began = performance.now()
      for (const key of infoOf(event.id)?.keys ?? []) {
        const action = infoOf(event.id)?.action ?? 'update'
        session.emit({ type: 'step-started', host: session.host, key, action })
      }
    } else {
      current = ''
      ended.set(event.id, event.status)
      const ok = event.status === 0
      for (const key of infoOf(event.id)?.keys ?? []) if (!parts.has(key)) finish(key, ok)
    }
  }

  const finish = (key: string, ok: boolean) => {
    if (ok) run.onDone(key)
    session.emit({ type: 'step-finished', host: session.host, key, ok, ms: performance.now() - began })
  }

  /** Whether the line is what a step says of one of its several resources. */
  const isPart = (id: string, line: string): boolean => {
    const keys = infoOf(id)?.keys ?? []
    const mark = keys.length > 1 ? readPartMark(line) : undefined
    if (mark === undefined || !keys.includes(mark.key)) return false
    if (mark.outcome === 'failed') fell = mark.key
    else if (!parts.has(mark.key)) {
      parts.add(mark.key)
      finish(mark.key, true)
    }
    return true
  }

  const outcome = (stderr: string): 'applied' | 'stale' => {
    const guard = ended.get(GUARD)
    if (guard === STALE) return 'stale'
    if (guard === LOCKED) {
      throw new ProvisionError(logged().at(-1) ?? 'another run changes this host', {
        code: 'locked',
        host: session.host,
        hint: 'run again when it is over. A run that died lets go half a minute after the step that it left at work on the host has ended',
      })
    }
    if (guard !== undefined && guard !== 0) {
      throw new ProvisionError(`nothing is changed: the lock in ${session.target.stateDir} could not be written`, {
        code: 'apply',
        host: session.host,
        hint: 'is the disk of the host full, or mounted read-only?',
        log: logged(),
      })
    }
    for (const step of run.steps) {
      const status = ended.get(step.id)
      if (status === 0) continue
      if (status !== undefined) throw failure(step, status)
      throw new ProvisionError('the script ended before it was done', {
        code: 'unreachable',
        host: session.host,
        resource: step.keys.find((one) => !parts.has(one)),
        hint: UNFINISHED,
        unheard: unheard(),
        log: stderr.split('\n').filter((line) => line !== ''),
      })
    }
    return 'applied'
  }

  const failure = (step: StepInfo, status: number): ProvisionError => {
    const left = step.keys.filter((one) => !parts.has(one))
    const open = left.length > 0 ? left : step.keys
    const key = fell ?? open.join(', ')
    const resource = fell ?? open[0]
    const verb = step.action === 'handler' ? 'handler failed' : 'could not be applied'
    const why =
      status === REFUSED
        ? 'refused by its validation'
        : status === 124
          ? `took longer than ${step.timeout} s`
          : `status ${status}`
    return new ProvisionError(`${key.replace(/^handler:/, '') || step.id} ${verb} (${why})`, {
      code: step.action === 'handler' ? 'handler' : 'apply',
      host: session.host,
      resource,
      // Of a step of several it may have come to any.
      unheard: open.filter((one) => one !== resource),
      log: logged(),
      restored: status === RESTORED,
      refused: status === REFUSED,
    })
  }

  /** The host may be further than what came through. */
  const unheard = (): string[] =>
    run.steps.flatMap(({ id, keys }) => (ended.has(id) ? [] : keys.filter((key) => !parts.has(key))))

  /** The way to the host is gone, in the middle of a step: which one, and what that means, the connection can't know. */
  const lost = (error: unknown): unknown => {
    if (!(error instanceof ProvisionError)) return error
    // Of too much, the step's own first and last lines.
    const printed = error.code === 'output' && current !== '' ? output.lines(session.mask) : error.log
    return new ProvisionError(error.message, {
      code: error.code,
      host: session.host,
      resource: error.resource ?? infoOf(current)?.keys.find((key) => !parts.has(key)),
      origin: error.origin,
      hint: error.hint ?? UNFINISHED,
      unheard: unheard(),
      log: printed.length > 0 ? printed : logged(),
      cause: error,
    })
  }

  /** The script came to its end, or to that of a step that failed. */
  const isOver = (): boolean =>
    [...ended.values()].some((status) => status !== 0) || run.steps.every(({ id }) => ended.has(id))

  return { hear: frameReader(run.nonce, onFrame), isOver, outcome, lost }
}
