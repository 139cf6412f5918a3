import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { constants, createGunzip } from 'node:zlib'
import type { Fields } from './shape.ts'
import { fieldsIn } from './shape.ts'

const NEWLINE = 0x0a

/**
 * The lines of a record, each parsed, as far as it goes: one that is still written, or was never written to its end, ends
 * with the last line that is whole. What is no JSON object is left out.
 * @throws what the file system says when the file can't be opened
 */
export async function* recordLines(path: string): AsyncGenerator<Fields> {
  // What follows the last whole block is no fault of the file's.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  const source = createReadStream(path)
  const fed = pipeline(source, gunzip)
  fed.catch(() => undefined)
  try {
    for await (const line of linesOf(gunzip)) {
      const fields = fieldsIn(line)
      if (fields) yield fields
    }
  } catch (error) {
    // A damaged end is an end; but somebody who may not read the file must hear so.
    if (isFileError(error)) throw error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  let pieces: Buffer[] = []
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) continue
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, at)]).toString()
      pieces = []
      from = at + 1
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
  }
}

const isFileError = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'
