import type { ExtendedJSONSchema, FromExtendedSchema } from 'json-schema-to-ts'
import type { Contract, Offer, Provided, ProvidedBy, ProvidingHost } from '../contracts/contract.ts'
import type { Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Secret, Text } from '../masking/secret.ts'
import type { Change, Resource } from '../resources/resource.ts'
import type { HostRollout } from '../rollout/declared.ts'
import type { Nested } from './nested.ts'

/** What provision adds to JSON Schema. */
type Extension = {
  /** Never to be shown: the value (a string or a number, at any depth) is handed to the role as a Secret. */
  readonly secret?: boolean
  /** May be left out although it has no default: it is then undefined. For a var as a whole. */
  readonly optional?: boolean
}

/**
 * Schema of one variable: plain JSON Schema (draft-07) with `description` (required), `default` (absent: the variable
 * must be given, unless it is `optional`), and `secret: true` for values that must never be shown. Defaults and
 * secrets inside objects and lists count too. Closed objects: `additionalProperties: false`.
 */
export type VarSchema = Exclude<ExtendedJSONSchema<Extension>, boolean> & { readonly description: string }

export type VarSchemas = { readonly [name: string]: VarSchema }

/** The type of a role's vars, from their schemas: `optional` makes a var maybe undefined, `secret` makes it a Secret. */
export type VarsOf<S extends VarSchemas> = string extends keyof S
  ? Readonly<Record<string, unknown>> // Some role whose vars are not known here.
  : {
      readonly [K in keyof S as S[K] extends { readonly optional: true } ? never : K]: TypeOf<S[K]>
    } & {
      readonly [K in keyof S as S[K] extends { readonly optional: true } ? K : never]?: TypeOf<S[K]>
    }

type Secrets = { deserialize: [{ pattern: { secret: true }; output: Secret }] }
type TypeOf<V> = V extends ExtendedJSONSchema<Extension> ? FromExtendedSchema<Extension, V, Secrets> : never

/** Another host as a role sees it. */
export interface Peer {
  readonly name: string
  readonly tier: string
  /** All groups that it is in, outer ones before those in them. */
  readonly groups: readonly string[]
  readonly address: string
  /**
   * Everything set for it, merged with the defaults of its roles: for what the hosts of one role must know of each other. What
   * another role says of a host, `provided` gives, with its type.
   */
  readonly vars: Readonly<Record<string, unknown>>
}

export interface RoleInput<V> {
  readonly host: ProvidingHost & { readonly sshPort: number }
  readonly vars: V
  readonly facts: Facts
  /**
   * Hosts of a tier (`web`) or of a group (`eu`), or all of them (`all`), from the inventory, whatever --limit says; this host
   * included, where it is one.
   * @throws ProvisionError (input) when there is no such tier or group
   */
  group(name: string): readonly Peer[]
  /**
   * What roles of all hosts provide under a contract, in the order of the inventory, whatever --limit says; this host
   * included. `by` picks those of a tier, of a group, or of a host.
   * @throws ProvisionError (input) when there is no such tier, group or host
   */
  provided<T extends object>(contract: Contract<T>, by?: ProvidedBy): readonly Provided<T>[]
  /**
   * Renders templates/<role>/<name> (ejs). Secrets stay tainted spans of the text.
   * @throws ProvisionError with the template's file and line, e.g. for a missing variable.
   */
  template(name: string, data?: Readonly<Record<string, unknown>>): Text
}

/** What `provides` gets: what is known of a host without asking it. */
export type ProvidesInput<V> = Pick<RoleInput<V>, 'host' | 'vars'>

/** What a run is about to change on one host. */
export interface HostChanges {
  readonly host: string
  readonly tier: string
  /** In order, of all roles; undefined: the run leaves the host out (`--limit`), or could not plan it (unreachable). */
  readonly changes: readonly HostChange[] | undefined
}

export interface HostChange {
  /** `kind:identity`. */
  readonly key: string
  readonly role: string
  readonly change: Change
}

/** What a role says to the changes of all its hosts together. */
export interface FleetCheck {
  /** Why the run may not go on; no host is changed then. */
  readonly problems?: readonly Problem[]
  /** Hosts that are to be changed at the same time, whatever `serial` their tier has. */
  readonly simultaneous?: readonly string[]
}

/** A TCP port on which a role has a program listen. */
export interface Listener {
  /** Who it is for, as a person finds it: `haproxy_frontends: 'shop'`. */
  readonly by: string
  /** The program that opens it: it tells its own sockets on one address and on all addresses apart. */
  readonly program: string
  /** An IP address; `*`: all of both families; `0.0.0.0`, `::`: all of one. */
  readonly address: string
  readonly port: number | readonly [low: number, high: number]
  /** Only what comes in by this interface. */
  readonly iface?: string | undefined
  /** Where it is set, as keys that lead to it: `['haproxy_frontends', 0, 'bind', 1]`. */
  readonly at: readonly (string | number)[]
}

/** What a role is: data and pure functions. No I/O, no clock, no randomness. */
export interface Role<S extends VarSchemas = VarSchemas> {
  readonly name: string
  readonly description: string
  readonly vars: S
  /**
   * It needs nothing that a run brings to other hosts: where a tier has `head_start`, its new hosts are given such roles,
   * as far as they come first, before the first tier's turn. Default false.
   */
  readonly standalone?: boolean
  /**
   * What it wants of the host, in order of application. Lists in the list are as good as one, and what is false or undefined
   * is left out: `wanted && file({ … })`.
   */
  resources(input: RoleInput<VarsOf<S>>): readonly Nested<Resource>[]
  /**
   * What it tells other roles of this host, as values of contracts: `[scrape.of({ job: 'shop', port: 9000 })]`. They get it
   * by `provided(scrape)`, and know nothing of this role's vars.
   */
  provides?(input: ProvidesInput<VarsOf<S>>): Nested<Offer>
  /**
   * The TCP ports on which its programs listen on this host. Two roles that want one port are told so before any host is
   * touched, not by the program that fails to start.
   */
  listens?(input: RoleInput<VarsOf<S>>): readonly Listener[]
  /**
   * What is done around a host's changes: how it is drained and put back, what must be so before it is. Data: scripts
   * and questions that the run follows. Undefined: this host has nothing of the kind.
   */
  rollout?(input: RoleInput<VarsOf<S>>): HostRollout | undefined
  /**
   * For state that hosts must agree on: looks over the changes of all hosts of the inventory that have the role, when
   * all are planned and before any is changed.
   */
  fleetCheck?(hosts: readonly HostChanges[]): FleetCheck
}

/** Declares a role; the vars' types come from their schemas. */
export function defineRole<const S extends VarSchemas>(role: Role<S>): Role<S> {
  return role
}
