import type { Origin } from '../errors.ts'
import type { Secret } from '../masking/secret.ts'
import type { RolloutPolicy } from '../rollout/policy.ts'
import type { Transport } from './transports.ts'

/** What YAML can hold, plus values tainted as secret by a role's schema. */
export type Value = string | number | boolean | null | Secret | readonly Value[] | Vars
export interface Vars {
  readonly [name: string]: Value
}

/**
 * Where each value was written. Keys are JSON pointers into the merged vars (`/nginx_sites/0/listen`), `''` is the
 * whole. A value from `--var` has the origin `--var:1:1`.
 */
export type Origins = ReadonlyMap<string, Origin>

export interface ConnectionSettings {
  readonly transport: Transport
  /** Where to log in, when that is not the host's address. */
  readonly host?: string | undefined
  readonly user: string
  readonly port: number
  /** Absolute path of a private key; undefined: the agent and ~/.ssh/id_* are tried. */
  readonly identityFile?: string | undefined
  /** Absolute path of the known_hosts file. */
  readonly knownHosts: string
  /** strict: an unknown key is refused. accept-new: it is added; a changed one is refused all the same. */
  readonly hostKeyChecking: 'strict' | 'accept-new'
  /** none: the login user is root already. */
  readonly become: 'none' | 'sudo'
  /** Tainted; undefined: sudo must not ask (NOPASSWD). */
  readonly becomePassword?: Secret | undefined
  /** Seconds until the login must be done. */
  readonly connectTimeout: number
}

/** Whose vars a level has. */
export type Scope = 'site' | 'all' | 'group' | 'tier' | 'host' | 'given'

/** One level of precedence. */
export interface NamedLevel {
  readonly scope: Scope
  /** Name of the tier, the group or the host. */
  readonly name: string
  readonly vars: Vars
  readonly origins: Origins
}

export interface Host {
  readonly name: string
  readonly tier: string
  /** All groups that it is in, also by other groups: outer ones before those in them. */
  readonly groups: readonly string[]
  readonly address: string
  readonly connection: ConnectionSettings
  /** Merged by precedence: site tier < all < groups < tier < host < --var. Role defaults come in compile. */
  readonly vars: Vars
  readonly origins: Origins
  /** What the vars were merged of, lowest first; hosts that have a level in common share it. */
  readonly levels: readonly NamedLevel[]
  /** Where the host is declared in hosts.yml. */
  readonly origin: Origin
}

export interface Tier {
  readonly name: string
  readonly roles: readonly string[]
  readonly rollout: RolloutPolicy
  readonly origin: Origin
}

/** Hosts that have something in common, whatever they are made of: a place, a stage of a rollout. */
export interface Group {
  readonly name: string
  /** Groups and tiers that are in it, as it was written. */
  readonly children: readonly string[]
  /** Names of all hosts in it, also by its children, in the order of hosts.yml. */
  readonly hosts: readonly string[]
  /** Where it is declared, or where a host first names it. */
  readonly origin: Origin
}

export interface Inventory {
  readonly name: string
  /** Absolute path of inventories/<name>. */
  readonly dir: string
  /** In the order of site.yml. */
  readonly tiers: readonly Tier[]
  /** Outer ones before those in them. */
  readonly groups: readonly Group[]
  /** All hosts, tier by tier, in the order of hosts.yml. */
  readonly hosts: readonly Host[]
}
