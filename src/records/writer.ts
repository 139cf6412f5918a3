import { mkdir, open, rename, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip } from 'node:zlib'
import { jsonLine } from '../schemas/json-line.ts'
import { withIndex } from './index-line.ts'
import { cutOf, partOf } from './names.ts'

export interface WriterInput {
  readonly folder: string
  /** Name in it. */
  readonly file: string
  /** Others than the user may read it, as the folder's owner wants it. */
  readonly shared: boolean
  /** Told once, when it can't be written (any more). */
  failed(error: unknown): void
}

/** One record as it is written. */
export interface RecordWriter {
  /** Takes a line; it is on its way to the disk then. */
  line(value: object): void
  /** Its last lines are written, and it gets its final name. Never throws. @param index what stands before the rest */
  finish(index: object): Promise<void>
}

/** Milliseconds for which lines are gathered: what a killed run has told but for these is in its record. */
const FLUSH_MS = 100
/** Bytes that may wait for a disk that does not answer. */
const MOST_WAITING = 64 * 1024 * 1024
/** Milliseconds between signs of life, for those who look from another machine. */
export const SIGN_OF_LIFE_MS = 60_000

/** Modes: the user's alone, or what the folder's owner lets others read. */
const modes = (shared: boolean) => (shared ? { folder: 0o770, file: 0o640 } : { folder: 0o700, file: 0o600 })

/**
 * Opens a record: a gzip of lines of JSON that grows as the run tells them, under a name that says it is a part, and takes
 * its final name when it is whole. What is written can be read at any moment, also when nobody goes on.
 */
export function openRecord({ folder, file, shared, failed }: WriterInput): RecordWriter {
  const part = join(folder, partOf(file))
  const gzip = createGzip({ level: 4 })
  let isThere = false
  let isBroken = false
  let flushing: NodeJS.Timeout | undefined
  let waiting = 0

  const broke = (error: unknown): void => {
    if (isBroken) return
    isBroken = true
    gzip.destroy()
    failed(error)
  }
  const written = (async () => {
    const mode = modes(shared)
    await mkdir(folder, { recursive: true, mode: mode.folder })
    // Never somebody else's file, nor where a link leads to.
    const handle = await open(part, 'wx', mode.file)
    isThere = true
    // It closes the file in any case; to close it here as well would wait for it forever.
    await pipeline(gzip, handle.createWriteStream({ flush: true }))
  })()
  written.catch(broke)
  const alive = setInterval(() => {
    const now = new Date()
    utimes(part, now, now).catch(() => undefined)
  }, SIGN_OF_LIFE_MS)
  alive.unref()

  const flushSoon = (): void => {
    flushing ??= setTimeout(() => {
      flushing = undefined
      if (!isBroken) gzip.flush(constants.Z_SYNC_FLUSH)
    }, FLUSH_MS)
  }

  const write = (piece: string): void => {
    if (isBroken) return
    const text = Buffer.from(piece)
    waiting += text.length
    if (waiting > MOST_WAITING) {
      broke(new Error('the disk does not keep up'))
      return
    }
    gzip.write(text, () => {
      waiting -= text.length
    })
  }

  return {
    line(value) {
      for (const piece of jsonLine(value)) write(piece)
      if (!isBroken) flushSoon()
    },
    async finish(index) {
      clearInterval(alive)
      clearTimeout(flushing)
      try {
        if (!isBroken) {
          gzip.end()
          await written
          await withIndex(join(folder, file), part, index, modes(shared).file)
        }
      } catch (error) {
        broke(error)
      }
      if (isBroken && isThere) await rename(part, join(folder, cutOf(file))).catch(() => undefined)
    },
  }
}
