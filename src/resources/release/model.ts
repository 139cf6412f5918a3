import { posix } from 'node:path'
import type { Artifact } from '../resource.ts'

/** A version of a program under `dir`/releases, with the link `dir`/current at the one that a systemd unit runs. */
export interface Release {
  /** systemd service, without suffix, whose WorkingDirectory is `dir`/current. It stands when the release is applied. */
  readonly name: string
  /** Absolute. */
  readonly dir: string
  /** Its own name below `releases`; a version never changes its content. */
  readonly version: string
  /** A .tar.gz of the release's tree. Undefined: the version must be on the host already, as after a rollback. */
  readonly artifact?: Artifact | undefined
  /** Paths inside the release that are links into `dir`/shared; they stay when the version changes. */
  readonly shared: readonly string[]
  /** Releases that stay on the host, 2 or more; the current and the previous one always do. */
  readonly keep: number
  readonly health: Health
  /**
   * Template unit, `NAME@`, started once for each version before the switch, with the version as its instance. Its
   * failure ends the change with nothing switched.
   */
  readonly migrate?: string | undefined
}

/** How a release proves that it serves. */
export interface Health {
  /** On localhost. */
  readonly port: number
  /** Answers 200 once it serves. */
  readonly path: string
  /** Seconds until it must. */
  readonly timeout: number
}

/** What a host holds. */
export interface ReleaseState {
  /** Version that the link names; undefined: no link, or it names no release. */
  readonly current: string | undefined
  /** The last version but the current one that proved healthy. */
  readonly previous: string | undefined
  /** The current release has proven healthy since it was switched to. */
  readonly proven: boolean
  /** All that are unpacked, in no order. */
  readonly installed: readonly string[]
  /** Sum of the artifact that the declared version came from; undefined: it is not there. */
  readonly sha256: string | undefined
  /** The version in whose tree, or below it, the running process works, or where else; undefined: nothing runs. */
  readonly live: string | undefined
  /** Migrations of the declared version have run on this host. */
  readonly migrated: boolean
}

/** Where things are; all but `current` is below `releases`, hidden from who lists the versions. */
export const placesOf = ({ dir, version }: Pick<Release, 'dir' | 'version'>) => ({
  releases: posix.join(dir, 'releases'),
  current: posix.join(dir, 'current'),
  shared: posix.join(dir, 'shared'),
  tree: posix.join(dir, 'releases', version),
  stage: posix.join(dir, 'releases', `${version}.tmp`),
  /** Versions that proved healthy, the last one last. */
  order: posix.join(dir, 'releases', '.order'),
  sum: posix.join(dir, 'releases', `.${version}.sha256`),
  migrated: posix.join(dir, 'releases', `.${version}.migrated`),
})
