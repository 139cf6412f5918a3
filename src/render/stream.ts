import { messageOf } from '../errors.ts'

/** Resolves when everything written so far has left the process; also when the reader has gone. */
export async function flushed(streams: readonly NodeJS.WritableStream[]): Promise<void> {
  await Promise.all(streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve()))))
}

/**
 * An output that fails (a reader that goes away, a full disk, a terminal that was closed) ends the output, not the run:
 * hosts may be in the middle of a change. That it failed is told once, on the other output.
 */
export function outliveFailure(out: NodeJS.WritableStream, err: NodeJS.WritableStream): void {
  let warned = false
  out.on('error', (error: unknown) => {
    if (warned) return
    warned = true
    err.write(`standard output can't be written (${messageOf(error)}): the run goes on to its end without it\n`)
  })
  // Where that fails too, nobody is left to be told.
  if (err !== out) err.on('error', () => {})
}
