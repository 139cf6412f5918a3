import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'

export const USER = {
  name: { description: 'Its name.', type: 'string' },
  uid: {
    description: 'Not set: the next free one. Files outside of the home keep the number they have when it changes.',
    type: 'integer',
    minimum: 0,
    optional: true,
  },
  group: {
    description: "Primary group, which must be there. Not set: a group of the user's own name, made with the user.",
    type: 'string',
    optional: true,
  },
  groups: {
    description: 'Supplementary groups, which must be there.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  appendGroups: {
    description: 'true: others that the user is in stay. false: exactly `groups`.',
    type: 'boolean',
    default: true,
  },
  home: {
    description: 'Not set: /home/NAME. An account that has another is refused, unless `moveHome` is true.',
    type: 'string',
    optional: true,
  },
  moveHome: {
    description: 'Another home than `home` is moved there, with all that is in it.',
    type: 'boolean',
    default: false,
  },
  createOnly: {
    description:
      'What is declared only counts when the user is made: an account that is there stays as it is, whoever made it.',
    type: 'boolean',
    default: false,
  },
  shell: { description: "Absolute. Not set: the host's default, or what it is.", type: 'string', optional: true },
  system: {
    description: "Number of the system's range and no home is made; only counts when the user is made.",
    type: 'boolean',
    default: false,
  },
  comment: { description: 'GECOS field, e.g. the full name.', type: 'string', optional: true },
  passwordHash: {
    description: 'As crypt(5) makes it (`mkpasswd -m yescrypt`), never the password itself. Not set: as it is.',
    is: 'secret',
    given: true,
  },
  locked: {
    description: 'true: the password is locked; logins by key go on. Not set: as it is.',
    type: 'boolean',
    optional: true,
  },
  state: {
    description: 'absent: access is taken first, then its processes are ended, then it goes.',
    enum: ['present', 'absent'],
    default: 'present',
  },
  removeHome: { description: 'With `absent`: the home and the mail go too.', type: 'boolean', default: false },
} as const satisfies FieldSchemas

export type User = FieldsOf<typeof USER>

export interface UserState {
  readonly uid: number
  readonly group: string
  readonly gid: number
  /** Supplementary groups, sorted. */
  readonly groups: readonly string[]
  readonly home: string
  readonly shell: string
  readonly comment: string
  /** SHA-256 of the password hash; undefined when the user has none. The hash itself stays on the host. */
  readonly passwordSha256: string | undefined
  readonly locked: boolean
  /** Its home is there. */
  readonly hasHome?: true
  /** provision logs in as it. */
  readonly isLogin?: true
  /** What runs as it; asked for where it stands in the way of what is declared. */
  readonly processes?: readonly UserProcess[]
}

export interface UserProcess {
  readonly pid: number
  readonly name: string
  /** The system's service that it belongs to; undefined: a login's, or none. */
  readonly unit: string | undefined
}
