import type { Secret } from '../../secret.ts'

export interface User {
  readonly name: string
  /** Undefined: the next free one. Files outside of the home keep the number they have when it changes. */
  readonly uid?: number | undefined
  /** Primary group, which must be there. Undefined: a group of the user's own name, made with the user. */
  readonly group?: string | undefined
  /** Supplementary groups, which must be there. */
  readonly groups?: readonly string[] | undefined
  /** Default true: others that the user is in stay. false: exactly `groups`. */
  readonly appendGroups?: boolean | undefined
  /** Undefined: /home/NAME. What is in the old one is moved when it changes. */
  readonly home?: string | undefined
  readonly shell?: string | undefined
  /** Number of the system's range and no home is made; only counts when the user is made. */
  readonly system?: boolean | undefined
  /** GECOS field, e.g. the full name. */
  readonly comment?: string | undefined
  /** As crypt(5) makes it (`mkpasswd -m yescrypt`), never the password itself. */
  readonly passwordHash?: Secret | undefined
  /** Locks the password; logins by key go on. */
  readonly locked?: boolean | undefined
  /** Default present. */
  readonly state?: 'present' | 'absent' | undefined
  /** With `state: absent`: the home and the mail go too. */
  readonly removeHome?: boolean | undefined
}

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
}
