import { posix } from 'node:path'
import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'

export const RELEASE = {
  name: {
    description:
      'systemd service, without suffix, whose WorkingDirectory is `dir`/current. It stands when the release is applied.',
    type: 'string',
  },
  dir: { description: 'Absolute.', type: 'string' },
  version: { description: 'Its own name below `releases`; a version never changes its content.', type: 'string' },
  artifact: {
    description:
      "A .tar.gz of the release's tree, on the controller. Not set: the version must be on the host already, as after a rollback.",
    type: 'object',
    additionalProperties: false,
    required: ['path', 'sha256'],
    properties: {
      path: { description: 'Absolute, or relative to the project.', type: 'string' },
      sha256: {
        description: 'Of the whole file, 64 lower-case hex digits. A file that has another one is never sent.',
        type: 'string',
      },
    },
    optional: true,
  },
  shared: {
    description: 'Paths inside the release that are links into `dir`/shared; they stay when the version changes.',
    type: 'array',
    items: { type: 'string' },
  },
  keep: {
    description: 'Releases that stay on the host, 2 or more; the current and the previous one always do.',
    type: 'integer',
  },
  health: {
    description: 'How a release proves that it serves.',
    type: 'object',
    additionalProperties: false,
    required: ['port', 'path', 'timeout'],
    properties: {
      port: { description: 'On localhost.', type: 'integer', minimum: 1, maximum: 65535 },
      path: { description: 'Answers 200 once it serves.', type: 'string' },
      timeout: { description: 'Seconds until it must.', type: 'number', minimum: 0 },
    },
  },
  migrate: {
    description:
      'Template unit, `NAME@`, started once for each version before the switch, with the version as its instance. Its failure ends the change with nothing switched.',
    type: 'string',
    optional: true,
  },
} as const satisfies FieldSchemas

/** A version of a program under `dir`/releases, with the link `dir`/current at the one that a systemd unit runs. */
export type Release = FieldsOf<typeof RELEASE>

/** How a release proves that it serves. */
export type Health = Release['health']

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
