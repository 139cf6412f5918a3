import { joinScripts, type Script, sh } from '../shell/script.ts'
import { FILES_LIBRARY } from './files-library.ts'
import { parseSurroundings, type Surroundings } from './surroundings.ts'

/** A path that somebody asks for, and what of it. */
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

/** What was seen at a path. */
export interface SeenFile {
  readonly state: FileState
  /** Undefined: there is nothing to tell of it. */
  readonly surroundings: Surroundings | undefined
}

/** `-`: no hash; `/`: no hash, through a symlink; `?hash`: the hash only; `hash`: also the content when it differs. */
const mark = (file: WantedFile): string => {
  if (file.follow) return '/'
  if (file.wantContent) return file.sha256 ?? 'any'
  return file.sha256 === undefined ? '-' : `?${file.sha256}`
}

const isHashed = (file: WantedFile): boolean => !['-', '/'].includes(mark(file))

/** Two questions with the same one have the same answer. */
export const questionOf = (file: WantedFile): string => `${mark(file)} ${file.path}`

/** Read-only script that asks for all these paths at once. */
export function probeFiles(wanted: readonly WantedFile[]): Script {
  return joinScripts([FILES_LIBRARY, sh`provision_files ${wanted.flatMap((file) => [mark(file), file.path])}`])
}

/**
 * The answer to {@link probeFiles}: what is at each of these paths, in their order.
 * @throws Error when the answer is not whole, e.g. because a file went away while it was read.
 */
export function parseFiles(answer: string, wanted: readonly WantedFile[]): SeenFile[] {
  const lines = answer.split('\n').map((line) => line.split(' '))
  const rows = (tag: string) => lines.filter((line) => line[0] === tag).map((line) => line.slice(1))
  const head = rows('@files')[0]
  if (!head) throw new Error('the answer about files is missing')
  const stats = rows('@stat')
  if (stats.length !== head.length) throw new Error('a file went away while it was read')
  const targets = Buffer.from(rows('@links')[0]?.[0] ?? '', 'base64')
    .toString('utf8')
    .split('\0')
  const surroundings = parseSurroundings(lines)
  const sums = new Map(rows('@sum').map(([index, hash, content]) => [Number(index) - 1, { hash, content }]))
  const found = new Map<number, FileEntry>()
  for (const [i, word] of head.entries()) {
    const row = Number(word) - 1
    const file = wanted[row]
    if (!file) throw new Error(`the answer about files names file ${word} of ${wanted.length}`)
    const entry = parseStat(stats[i] ?? [])
    const sum = sums.get(row)
    if (entry.type === 'file' && isHashed(file) && !sum?.hash) throw new Error(`${file.path} could not be read`)
    const { mountPoint, acl } = surroundings.get(row) ?? {}
    found.set(row, {
      ...entry,
      ...(mountPoint && { mounted: true }),
      ...(acl && { acl: true }),
      ...(entry.type === 'symlink' && { target: targets.shift() ?? '' }),
      ...(sum && { sha256: sum.hash }),
      ...(sum?.content !== undefined && { content: Buffer.from(sum.content.slice(1), 'base64') }),
    })
  }
  return wanted.map((_, row) => ({ state: found.get(row) ?? 'absent', surroundings: surroundings.get(row) }))
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
