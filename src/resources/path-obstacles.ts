import { posix } from 'node:path'
import type { FileState } from '../observe/files.ts'
import type { Answers } from '../observe/question.ts'
import type { Surroundings } from '../observe/surroundings.ts'
import type { Obstacle } from './resource.ts'

/** What a change would make of a path. `gone file`: a file is removed, and so on. */
export type Becomes =
  | 'file'
  | 'symlink'
  | 'directory'
  | 'gone file'
  | 'gone symlink'
  | 'gone directory'
  /** With all that is in it. */
  | 'gone tree'

export interface PathChange {
  readonly path: string
  readonly becomes: Becomes
  /** A file at a mount point is written in place: nothing has to take its place. */
  readonly inPlace?: boolean | undefined
}

/** Why paths can't become what they shall, by path. */
export function pathObstacles<Desired>(
  { files, surroundings }: Answers,
  all: readonly Desired[],
  changeOf: (desired: Desired) => PathChange,
): Map<string, Obstacle> {
  return new Map(
    all.map(changeOf).flatMap((change): [string, Obstacle][] => {
      const { path } = change
      const obstacle = pathObstacle(change, files.get(path) ?? 'absent', surroundings.get(path))
      return obstacle ? [[path, obstacle]] : []
    }),
  )
}

/** Why a path can't become what it shall, as the probe saw it; undefined: it can. */
function pathObstacle(
  { path, becomes, inPlace = false }: PathChange,
  state: FileState,
  around: Surroundings | undefined,
): Obstacle | undefined {
  const type = state === 'absent' ? 'absent' : state.type
  const isGoing = becomes.startsWith('gone')
  if (isGoing && type === 'absent') return undefined
  const wrong = wrongType(path, becomes, state)
  if (wrong) return wrong
  if (around?.readOnly) {
    return {
      path,
      message: `${path} is on a file system that is mounted read-only`,
      hint: 'mount it writable first; Linux makes a file system read-only after errors on its disk: see dmesg',
    }
  }
  if (around?.immutable) {
    return {
      path,
      message: `${path} is immutable: somebody protected it with chattr +i`,
      hint: `on the host: chattr -i ${path}`,
    }
  }
  if (around?.lonely && (becomes === 'file' || becomes === 'symlink')) {
    const directory = posix.dirname(path)
    return {
      path: directory,
      message: `there is no directory ${directory}`,
      hint: `declare before it what makes it: directory({ path: '${directory}' }), or the package that brings it`,
    }
  }
  if (around?.mountPoint && becomes !== 'directory' && !(becomes === 'file' && inPlace)) {
    return {
      path,
      message: `${path} is a mount point: it can't be ${isGoing ? 'removed' : 'replaced'}`,
      hint: 'unmount it first, or leave it out: the engine of a container mounts /etc/hosts, /etc/hostname and /etc/resolv.conf',
    }
  }
  if (around?.holdsMount && becomes === 'gone tree') {
    return {
      path,
      message: `a file system is mounted below ${path}: it can't be removed`,
      hint: 'unmount it first: findmnt on the host shows it',
    }
  }
  return undefined
}

const wrongType = (path: string, becomes: Becomes, state: FileState): Obstacle | undefined => {
  if (state === 'absent') return undefined
  const { type } = state
  const is =
    type === 'symlink' ? `a symlink to ${state.target ?? '?'}` : type === 'other' ? 'no regular file' : `a ${type}`
  const refuse = (what: string, hint = `see on the host what it is: ls -ld ${path}`): Obstacle => ({
    path,
    message: `${path} is ${is}: it will not be ${what}`,
    hint,
  })
  switch (becomes) {
    case 'file':
      return type === 'directory' ? refuse('replaced by a file') : undefined
    case 'gone file':
      return type === 'file' || type === 'symlink' ? undefined : refuse('removed as a file')
    case 'symlink':
      return type === 'directory' ? refuse('replaced by a symlink') : undefined
    case 'gone symlink':
      return type === 'symlink' ? undefined : refuse('removed as a symlink')
    case 'directory':
      if (type === 'directory') return undefined
      return refuse('replaced by a directory', type === 'symlink' ? FOLLOW : undefined)
    default:
      return type === 'directory' ? undefined : refuse('removed as a directory')
  }
}

const FOLLOW = 'declare the directory that it leads to, or give follow: true where the link may stand for it'

/** True for the path itself and for what is below it. */
export const isWithin = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
