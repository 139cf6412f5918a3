import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { reveal, type Text } from '../masking/secret.ts'
import type { FileEntry, FileState } from '../observe/files.ts'
import { CONTENT_LIMIT } from '../observe/files-library.ts'
import type { TextChange } from './resource.ts'

/** The bytes that a host shall hold. */
export function bytesOf(content: Text | Uint8Array): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(reveal(content))
}

export function sha256(content: Text | Uint8Array): string {
  return createHash('sha256').update(bytesOf(content)).digest('hex')
}

/**
 * An absolute path in its normal form, so that two spellings of one file are one key.
 * @throws ProvisionError for a relative path or one that no file can have.
 */
export function absolutePath(path: string): string {
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new ProvisionError(`${JSON.stringify(path)} is not an absolute path`, { code: 'input' })
  }
  const normal = posix.normalize(path)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/**
 * The change of a file's content: undefined when it is as it should be.
 * @param name what the diff is headed with, usually the path
 * @param desired undefined: the file is to go
 */
export function contentChange(
  name: string,
  actual: FileState,
  desired: Text | Uint8Array | undefined,
): TextChange | undefined {
  const present = actual !== 'absent' && actual.type === 'file' ? actual : undefined
  if (!present && desired === undefined) return undefined
  if (present && desired !== undefined && present.sha256 === sha256(desired)) return undefined
  const after = desired instanceof Uint8Array ? textOf(desired) : desired
  const before = present?.content && textOf(present.content)
  const note = noteOf(present, before, desired, after)
  return note === undefined ? { name, before, after } : { name, before: undefined, after: undefined, note: note }
}

const noteOf = (
  present: FileEntry | undefined,
  before: string | undefined,
  desired: Text | Uint8Array | undefined,
  after: Text | undefined,
): string | undefined => {
  const size = desired === undefined ? 0 : bytesOf(desired).length
  const sizes = `${present ? `${present.size} bytes` : 'absent'} → ${desired === undefined ? 'absent' : `${size} bytes`}`
  const binary = (present?.content && before === undefined) || (desired !== undefined && after === undefined)
  if (binary || (typeof after === 'string' && after.includes('\0'))) return `binary, ${sizes}`
  if ((present && !present.content) || size > CONTENT_LIMIT) return `too large to show, ${sizes}`
  return undefined
}

/** The text of bytes, or undefined when they are not text. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
