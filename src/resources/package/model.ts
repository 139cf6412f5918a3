import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'

/**
 * A Debian package, by apt. Recommended packages are not installed: a host has what is declared and what that needs.
 * What a transaction would remove besides is refused, unless it is declared or named here.
 */
export const PACKAGE = {
  name: {
    description: "Real package, not a virtual one; `libc6:i386` for another architecture than the host's.",
    type: 'string',
  },
  state: {
    description:
      'present: any version. latest: the candidate of lists that are at most a day old; a package that was put on hold by hand stays.',
    enum: ['present', 'absent', 'latest'],
    default: 'present',
  },
  version: {
    description: 'Pinned: exactly this version, up or down; `8.0.*` takes the best that begins so.',
    type: 'string',
    optional: true,
  },
  hold: {
    description:
      'Keep it from being upgraded by others (apt-mark hold). Not set: as it is, and a package that was put on hold by hand is neither changed nor removed. false: it is taken off hold.',
    type: 'boolean',
    optional: true,
  },
  purge: { description: 'With `absent`: its configuration files go too.', type: 'boolean', default: false },
  removes: {
    description:
      'Packages that may go for it, e.g. another program for the same purpose. Those declared `absent` may anyway.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
} as const satisfies FieldSchemas

export type Package = FieldsOf<typeof PACKAGE>

export interface PackageState {
  /** dpkg's second status letter says what is unpacked: configured, half done, or only configuration files. */
  readonly status: 'installed' | 'broken' | 'config-files' | 'none'
  /** Empty when not installed. */
  readonly version: string
  readonly hold: boolean
  /** What apt would install; undefined: not asked for, or not in the lists. */
  readonly candidate?: string | undefined
  /** All versions in the lists, best first. */
  readonly available: readonly string[]
  /** The lists are there and at most a day old; false also where nothing had to be looked up in them. */
  readonly fresh: boolean
  /** Names of the host's packages that are declared absent. */
  readonly mayGo?: readonly string[] | undefined
  /** What apt would do besides, for all packages of the host; told of the first one that changes. */
  readonly besides?: Besides | undefined
}

/** What apt would do besides what is declared, so that this can be done. */
export interface Besides {
  readonly installs: readonly string[]
  /** `libssl3 (3.5.1 → 3.5.2)` */
  readonly upgrades: readonly string[]
  readonly removes: readonly string[]
  /** Of those, the ones that nobody allowed. */
  readonly refused: readonly string[]
  /** Why apt finds no way, as far as its lists know. */
  readonly problem?: string | undefined
}
