import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { reveal, type Text } from '../masking/secret.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'
import { CONTENT_LIMIT, FILES_LIBRARY } from './files-library.ts'
import type { TextChange } from './resource.ts'
import { parseSurroundings, shareOfSurroundings } from './surroundings.ts'

/**
 * What every kind that is a file with content shares: one bulk probe for any number of paths, and the difference
 * between what a path holds and what it should hold.
 */
export interface WantedFile {
  readonly path: string
  /** Hash that the file should have: asks for the hash of the present one. */
  readonly sha256?: string | undefined
  /** Send the present content when its hash is not `sha256`. */
  readonly wantContent: boolean
  /** A symlink that leads to a directory counts as that directory. Only for a path without hash and content. */
  readonly follow?: boolean | undefined
}

export interface FileEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'other'
  /** Four octal digits: `0644`. */
  readonly mode: string
  /** Name, or the number where the host has no name for it. */
  readonly owner: string
  readonly group: string
  readonly uid: number
  readonly gid: number
  /** Bytes. */
  readonly size: number
  /** Of a regular file, when it was asked for. */
  readonly sha256?: string | undefined
  /** Of a symlink, as it is written there. */
  readonly target?: string | undefined
  /** Content that differs from the wanted one; undefined when it is the same, not asked for, or too large. */
  readonly content?: Buffer | undefined
  /** Something is mounted just there. */
  readonly mounted?: true
  /** It has an ACL: the group digit of `mode` is the ACL's mask. */
  readonly acl?: true
}

export type FileState = FileEntry | 'absent'

/** `-`: no hash; `/`: no hash, through a symlink; `?hash`: the hash only; `hash`: also the content when it differs. */
const mark = (file: WantedFile): string => {
  if (file.follow) return '/'
  if (file.wantContent) return file.sha256 ?? 'any'
  return file.sha256 === undefined ? '-' : `?${file.sha256}`
}

const isHashed = (file: WantedFile): boolean => !['-', '/'].includes(mark(file))

/**
 * Read-only script that asks for all these paths at once. It may stand in a kind's probe beside other questions: its
 * lines begin with a word such as `@files`, and {@link parseFiles} skips all others.
 */
export function probeFiles(wanted: readonly WantedFile[]): Script {
  return joinScripts([FILES_LIBRARY, sh`provision_files ${wanted.flatMap((file) => [mark(file), file.path])}`])
}

/**
 * The answer to {@link probeFiles}, by path.
 * @throws Error when the answer is not whole, e.g. because a file went away while it was read.
 */
export function parseFiles(answer: string, wanted: readonly WantedFile[]): Map<string, FileState> {
  const lines = answer.split('\n').map((line) => line.split(' '))
  const rows = (tag: string) => lines.filter((line) => line[0] === tag).map((line) => line.slice(1))
  const head = rows('@files')[0]
  if (!head) throw new Error('the answer about files is missing')
  const stats = rows('@stat')
  if (stats.length !== head.length) throw new Error('a file went away while it was read')
  const targets = Buffer.from(rows('@links')[0]?.[0] ?? '', 'base64')
    .toString('utf8')
    .split('\0')
  const around = parseSurroundings(answer, wanted.length)
  const sums = new Map(rows('@sum').map(([index, hash, content]) => [Number(index), { hash, content }]))
  const states = new Map<string, FileState>(wanted.map((file) => [file.path, 'absent']))
  for (const [row, word] of head.entries()) {
    const file = wanted[Number(word) - 1]
    if (!file) throw new Error(`the answer about files names file ${word} of ${wanted.length}`)
    const entry = parseStat(stats[row] ?? [])
    const sum = sums.get(Number(word))
    if (entry.type === 'file' && isHashed(file) && !sum?.hash) throw new Error(`${file.path} could not be read`)
    const { mountPoint, acl } = around[Number(word) - 1] ?? {}
    states.set(file.path, {
      ...entry,
      ...(mountPoint && { mounted: true }),
      ...(acl && { acl: true }),
      ...(entry.type === 'symlink' && { target: targets.shift() ?? '' }),
      ...(sum && { sha256: sum.hash }),
      ...(sum?.content !== undefined && { content: Buffer.from(sum.content.slice(1), 'base64') }),
    })
  }
  return states
}

/**
 * Takes an answer to {@link probeFiles} apart: what it would have been for `count` of the paths, the ones after the first
 * `before`.
 * @throws Error when the answer is not whole
 */
export function sharedFiles(answer: string): (before: number, count: number) => string {
  const lines = answer.split('\n').map((line) => line.split(' '))
  const rows = (tag: string) => lines.filter((line) => line[0] === tag).map((line) => line.slice(1))
  const [head] = rows('@files')
  const stats = rows('@stat')
  if (!head || head.length !== stats.length) throw new Error('the answer about files is not whole')
  // One character a byte: names need not be UTF-8.
  const targets = Buffer.from(rows('@links')[0]?.[0] ?? '', 'base64')
    .toString('latin1')
    .split('\0')
  const found = head.map((word, row) => {
    const stat = stats[row] ?? []
    const isLink = TYPES[Number.parseInt(stat[0] ?? '', 16) >> 12] === 'symlink'
    return { index: Number(word), stat: stat.join(' '), link: isLink ? `${targets.shift() ?? ''}\0` : '' }
  })
  const sums = rows('@sum').map(([word, ...rest]) => ({ index: Number(word), sum: rest.join(' ') }))
  return (before, count) => {
    const isOwn = ({ index }: { readonly index: number }) => index > before && index <= before + count
    const own = found.filter(isOwn)
    const links = own.map(({ link }) => link).join('')
    return [
      ['@files', ...own.map(({ index }) => index - before)].join(' '),
      ...own.map(({ stat }) => `@stat ${stat}`),
      ...(links === '' ? [] : [`@links ${Buffer.from(links, 'latin1').toString('base64')}`]),
      ...sums.filter(isOwn).map(({ index, sum }) => `@sum ${index - before} ${sum}`),
      ...shareOfSurroundings(lines, before, count),
    ].join('\n')
  }
}

const TYPES: Readonly<Record<number, FileEntry['type']>> = { 8: 'file', 4: 'directory', 10: 'symlink' }

const parseStat = ([raw, size, uid, gid, owner, group]: readonly string[]): FileEntry => {
  const bits = Number.parseInt(raw ?? '', 16)
  if (Number.isNaN(bits) || !group || !owner) throw new Error('the answer about files is cut short')
  return {
    type: TYPES[bits >> 12] ?? 'other',
    mode: (bits & 0o7777).toString(8).padStart(4, '0'),
    owner: owner === 'UNKNOWN' ? String(uid) : owner,
    group: group === 'UNKNOWN' ? String(gid) : group,
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
  }
}

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
