import type { Place } from './parse/value.ts'

/** Kinds of what is not carried, in the order of the report. */
export const FINDINGS = {
  host: 'hosts that are left out',
  attention: 'to be looked at',
  secret: 'secrets in the clear: not written, set them encrypted',
  vault: 'Ansible Vault: set these values anew, encrypted',
  jinja: 'Jinja expressions: computed by Ansible at run time',
  unfit: 'vars of a role here, with a value that does not fit it',
  elsewhere: 'vars of a role here that no tier of these hosts has',
  unknown: 'vars that no role here has',
  connection: 'settings of the login that are not carried',
  needless: 'not needed here',
  source: 'inventory sources and files that were not read',
} as const

export type FindingKind = keyof typeof FINDINGS

/** One thing of the Ansible inventory that is not carried, or not as it was. Never holds a value of a var. */
export interface Finding {
  readonly kind: FindingKind
  readonly at: Place | undefined
  /** What it is: the name of a var, a host, a file. */
  readonly subject: string
  /** Why, and what to do. */
  readonly note?: string | undefined
}
