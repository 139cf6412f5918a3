import { isMapping } from '../vars.ts'

/** The data key as one age recipient can open it. */
export interface AgeEntry {
  readonly recipient: string
  /** Armored age file that holds the data key. */
  readonly enc: string
}

/** Which values of a file are encrypted. */
export interface Rule {
  readonly kind: (typeof RULES)[number]
  readonly text: string
}

/** What the `sops` mapping of a file says, as far as it matters here. */
export interface Metadata {
  readonly age: readonly AgeEntry[]
  /** Other ways to open the file, which only sops itself knows: `pgp`, `kms`. */
  readonly others: readonly string[]
  /** Encrypted; what is authenticated with it is `lastModified`. */
  readonly mac: string
  /** As written: RFC 3339. */
  readonly lastModified: string
  readonly macOnlyEncrypted: boolean
  readonly rule: Rule
}

export const RULES = ['unencrypted_suffix', 'encrypted_suffix', 'unencrypted_regex', 'encrypted_regex'] as const

const OTHERS = ['pgp', 'kms', 'gcp_kms', 'azure_kv', 'hc_vault', 'hckms']
const COMMENT_RULES = ['unencrypted_comment_regex', 'encrypted_comment_regex']

/**
 * The metadata from the plain data of a `sops` mapping.
 * @throws Error with what is wrong or not supported.
 */
export function metadataFrom(data: unknown): Metadata {
  if (!isMapping(data)) throw new Error("its 'sops' is no mapping")
  const group = groupOf(data)
  const comments = COMMENT_RULES.find((name) => text(data[name]) !== undefined)
  if (comments !== undefined) throw new Error(`${comments} is not supported: use encrypted_regex or a suffix`)
  const mac = text(data.mac)
  const lastModified = text(data.lastmodified)
  if (mac === undefined || lastModified === undefined) throw new Error("its 'sops' lacks 'mac' or 'lastmodified'")
  return {
    age: list(group.age).flatMap(ageEntry),
    others: OTHERS.filter((name) => list(group[name]).length > 0),
    mac,
    lastModified,
    macOnlyEncrypted: data.mac_only_encrypted === true,
    rule: ruleFrom(data),
  }
}

/** The rule of a file or a creation rule; without one, keys with SOPS' own suffix stay plain. */
export function ruleFrom(data: Readonly<Record<string, unknown>>): Rule {
  const rules = RULES.flatMap((kind) => {
    const written = text(data[kind])
    return written === undefined ? [] : [{ kind, text: written }]
  })
  const [first, second] = rules
  if (second !== undefined) throw new Error(`${first?.kind} and ${second.kind} can't be there together`)
  return first ?? { kind: 'unencrypted_suffix', text: '_unencrypted' }
}

/** One group of keys is the same as none; several share the data key by Shamir's scheme. */
function groupOf(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const groups = list(data.key_groups)
  if (groups.length > 1) throw new Error('several key groups (Shamir) are not supported')
  const [only] = groups
  return isMapping(only) ? only : data
}

const ageEntry = (entry: unknown): AgeEntry[] => {
  if (!isMapping(entry)) return []
  const recipient = text(entry.recipient)
  const enc = text(entry.enc)
  return recipient === undefined || enc === undefined ? [] : [{ recipient, enc }]
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
