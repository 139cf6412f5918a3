import type { FromSchema, JSONSchema } from 'json-schema-to-ts'
import type { Facts } from '../facts/facts.ts'
import type { Resource } from '../resources/resource.ts'
import type { Secret, Text } from '../secret.ts'

/**
 * Schema of one variable: plain JSON Schema with `description` (required), `default` (absent: the variable must be
 * given), and `secret: true` for values that must never be shown.
 */
export type VarSchema = Exclude<JSONSchema, boolean> & {
  readonly description: string
  readonly secret?: boolean
}

export type VarSchemas = { readonly [name: string]: VarSchema }

/** The type of a role's vars, from their schemas: a default makes a var present, `secret` makes it a Secret. */
export type VarsOf<S extends VarSchemas> = {
  readonly [K in keyof S as S[K] extends { readonly default: unknown } | { readonly required: true }
    ? K
    : never]: TypeOf<S[K]>
} & {
  readonly [K in keyof S as S[K] extends { readonly default: unknown } | { readonly required: true }
    ? never
    : K]?: TypeOf<S[K]>
}
type TypeOf<V> = V extends { readonly secret: true } ? Secret : V extends JSONSchema ? FromSchema<V> : never

/** Another host as a role sees it. */
export interface Peer {
  readonly name: string
  readonly tier: string
  readonly address: string
  /** The peer's vars of the asking role's schema and everything else set for it, merged with role defaults. */
  readonly vars: Readonly<Record<string, unknown>>
}

export interface RoleInput<V> {
  readonly host: { readonly name: string; readonly tier: string; readonly address: string; readonly sshPort: number }
  readonly vars: V
  readonly facts: Facts
  /** Hosts of a tier (`web`), or all of them (`all`), from the inventory, whatever --limit says; this host included. */
  group(tier: string): readonly Peer[]
  /**
   * Renders templates/<role>/<name> (ejs). Secrets stay tainted spans of the text.
   * @throws ProvisionError with the template's file and line, e.g. for a missing variable.
   */
  template(name: string, data?: Readonly<Record<string, unknown>>): Text
}

/** What a role is: data and one pure function. No I/O, no clock, no randomness. */
export interface Role<S extends VarSchemas = VarSchemas> {
  readonly name: string
  readonly description: string
  readonly vars: S
  resources(input: RoleInput<VarsOf<S>>): readonly Resource[]
}

/** Declares a role; the vars' types come from their schemas. */
export function defineRole<const S extends VarSchemas>(role: Role<S>): Role<S> {
  return role
}
