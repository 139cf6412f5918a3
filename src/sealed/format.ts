import type { Event } from '../execute/events.ts'

/** Raised when a reader would have to change. */
export const PLAN_VERSION = 1
export const PLAN_FORMAT = 'provision-plan'

/** What the plan was asked for, and what its apply goes by. */
export interface PlanOptions {
  /** Name of the inventory, or its path in the project. */
  readonly inventory: string
  readonly limit: readonly string[]
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly tiers: readonly string[]
  readonly vars: readonly string[]
  readonly upgrade: boolean
  readonly switchoverTo?: string | undefined
}

/** A name and the digest of what goes by it. */
export type Digest = readonly [name: string, digest: string]

/** What a plan was made of, as far as this side has it. No digest here is of a secret. */
export interface PlanDigests {
  /** The project's roles, templates and modules, and the files of the inventory. */
  readonly files: readonly Digest[]
  /** Each host's place, address and vars as they were merged. */
  readonly hosts: readonly Digest[]
  /** Tiers in their order, with roles and policy. */
  readonly tiers: string
}

/** A touched resource: keyed hashes of what is wanted, and of what was there where that was known. */
export interface SealedItem {
  readonly key: string
  readonly wanted: string
  /** Undefined: it is known after an earlier change only. */
  readonly probed?: string | undefined
}

export interface SealedHost {
  readonly host: string
  readonly items: readonly SealedItem[]
}

/** A plan as it was shown, and what holds its apply to it. Secrets are masked in all of it. */
export interface SealedPlan {
  /** Hexadecimal digits; what targets remember it by. */
  readonly id: string
  /** ISO 8601, UTC. */
  readonly made: string
  readonly until: string
  /** `user@machine` */
  readonly by: string
  /** The version of provision. */
  readonly provision: string
  readonly options: PlanOptions
  readonly digests: PlanDigests
  readonly hosts: readonly SealedHost[]
  /** What the run that made it told: it is shown from them. */
  readonly events: readonly Event[]
}

/** What a file holds beside the plan: each host's own confirmation of the whole, by a key that never leaves it. */
export interface PlanFile {
  readonly plan: SealedPlan
  /** SHA-256 of the plan. */
  readonly digest: string
  readonly macs: readonly Digest[]
}

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const digestList = {
  type: 'array',
  items: { type: 'array', items: text, minItems: 2, maxItems: 2 },
} as const
const listOf = (required: readonly string[], properties: object) =>
  ({ type: 'array', items: { type: 'object', required, properties } }) as const

/** Of `plan`. Events are the run's own; what renderers go by in them is looked at. */
export const PLAN_SCHEMA = {
  type: 'object',
  required: ['id', 'made', 'until', 'by', 'provision', 'options', 'digests', 'hosts', 'events'],
  properties: {
    id: { type: 'string', pattern: '^[0-9a-f]{16,64}$' },
    made: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$' },
    until: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$' },
    by: text,
    provision: text,
    options: {
      type: 'object',
      required: ['inventory', 'limit', 'tags', 'skipTags', 'tiers', 'vars', 'upgrade'],
      properties: {
        inventory: text,
        limit: texts,
        tags: texts,
        skipTags: texts,
        tiers: texts,
        vars: texts,
        upgrade: { type: 'boolean' },
        switchoverTo: text,
      },
    },
    digests: {
      type: 'object',
      required: ['files', 'hosts', 'tiers'],
      properties: { files: digestList, hosts: digestList, tiers: text },
    },
    hosts: listOf(['host', 'items'], {
      host: text,
      items: listOf(['key', 'wanted'], { key: text, wanted: text, probed: text }),
    }),
    events: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type'],
        properties: { type: text },
        if: { properties: { type: { const: 'host-planned' } } },
        // biome-ignore lint/suspicious/noThenProperty: the word of JSON schema
        then: {
          required: ['host', 'plan'],
          properties: {
            host: text,
            plan: {
              type: 'object',
              required: ['host', 'tier', 'items', 'handlers'],
              properties: {
                host: text,
                tier: text,
                items: listOf(['key', 'kind', 'role', 'action', 'segment', 'fields', 'diffs', 'notify'], {
                  key: text,
                  kind: text,
                  role: text,
                  action: { enum: ['create', 'update', 'delete', 'run', 'none', 'unknown'] },
                  segment: { type: 'integer' },
                  fields: listOf(['field'], { field: text, from: text, to: text }),
                  diffs: listOf(['name', 'hunks'], { name: text, hunks: listOf(['lines'], { lines: texts }) }),
                  notify: texts,
                }),
                handlers: listOf(['id', 'because', 'pending'], {
                  id: text,
                  because: texts,
                  pending: { type: 'boolean' },
                }),
              },
            },
          },
        },
      },
    },
  },
} as const

/** Of the file around it: the plan itself, or where that is long, packed. */
export const FILE_SCHEMA = {
  type: 'object',
  required: ['format', 'version', 'digest', 'macs'],
  properties: {
    format: { const: PLAN_FORMAT },
    version: { type: 'integer' },
    digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    macs: digestList,
    plan: { type: 'object' },
    packed: text,
  },
} as const
