import { PassThrough } from 'node:stream'
import { patience } from '../connection/patience.ts'
import type { Transport } from '../connection/transport.ts'
import type { Target } from '../inventory/inventory.ts'
import { failureData } from './failure-data.ts'
import { outlet, WINDOW } from './flow.ts'
import type { FromWorker, ToWorker } from './messages.ts'

type Exec = Extract<ToWorker, { type: 'exec' }>

/** A command that is at work. */
export interface ServedExec {
  /** The next part of its input. */
  input(part: Buffer, more: boolean): void
  granted(bytes: number): void
  cancel(): void
}

/** Runs a command and tells what it prints and how it ends. */
export function serveExec(
  { id, command, withinMs, more }: Exec,
  first: Buffer,
  { host, transport }: { readonly host: Target; readonly transport: Transport },
  say: (message: FromWorker, body?: Buffer) => void,
  over: () => void,
): ServedExec {
  const cancelled = new AbortController()
  const wait = patience(host, {
    signal: cancelled.signal,
    ...(withinMs !== undefined && { timeoutMs: withinMs }),
  })
  const flow = outlet()
  const heard = (of: 'stdout' | 'stderr') => (part: Buffer) => {
    if (wait.signal.aborted) return
    say({ type: 'output', id, of }, part)
    flow.sent(part.length)
  }
  const rest = more ? new PassThrough({ highWaterMark: WINDOW }) : undefined
  const write = (part: Buffer) => rest?.write(part, () => say({ type: 'credit', id, bytes: part.length }))
  write(first)
  // Nobody takes more of what it prints, and what is held would never end.
  wait.signal.addEventListener('abort', () => flow.granted(Number.POSITIVE_INFINITY))
  const wire = {
    stdout: heard('stdout'),
    stderr: heard('stderr'),
    signal: wait.signal,
    sources: flow.readFrom,
  }
  const end = (message: FromWorker) => {
    wait.done()
    rest?.destroy()
    over()
    say(message)
  }
  transport.run(command, rest ?? first, wire).then(
    (status) => end({ type: 'done', id, status }),
    (error: unknown) => end({ type: 'failed', id, failure: failureData(error) }),
  )
  return {
    input(part, isMore) {
      write(part)
      if (!isMore) rest?.end()
    },
    granted: flow.granted,
    cancel: () => cancelled.abort(),
  }
}
