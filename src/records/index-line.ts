import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { stagedOf } from './names.ts'

const compress = promisify(gzip)
const CHUNK = 256 * 1024

/**
 * Gives a record its final name, with a line before its others that says what they amount to: so a list of many records
 * reads the first block of each. Two gzips one after the other are one. Where there is no room for that, the record takes
 * its name without the line.
 */
export async function withIndex(final: string, part: string, index: object, mode: number): Promise<void> {
  const staged = stagedOf(final)
  try {
    await copyBehind(await compress(`${JSON.stringify(index)}\n`), part, staged, mode)
    await rename(staged, final)
  } catch {
    await rm(staged, { force: true }).catch(() => undefined)
    await rename(part, final)
    return
  }
  await rm(part, { force: true })
}

async function copyBehind(first: Uint8Array, from: string, to: string, mode: number): Promise<void> {
  const [source, target] = [await open(from, 'r'), await open(to, 'wx', mode)]
  try {
    await target.writeFile(first)
    await copy(source, target)
    await target.sync()
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}

async function copy(source: FileHandle, target: FileHandle): Promise<void> {
  const buffer = Buffer.alloc(CHUNK)
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK)
    if (bytesRead === 0) return
    await target.writeFile(buffer.subarray(0, bytesRead))
  }
}
