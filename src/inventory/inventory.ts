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

export interface Host {
  readonly name: string
  readonly tier: string
  readonly address: string
  readonly connection: ConnectionSettings
  /** Merged by precedence: site tier < group_vars/all < group_vars/tier < host < --var. Role defaults come in compile. */
  readonly vars: Vars
  readonly origins: Origins
  /** Where the host is declared in hosts.yml. */
  readonly origin: Origin
}

export interface Tier {
  readonly name: string
  readonly roles: readonly string[]
  readonly rollout: RolloutPolicy
  readonly origin: Origin
}

export interface Inventory {
  readonly name: string
  /** Absolute path of inventories/<name>. */
  readonly dir: string
  /** In the order of site.yml. */
  readonly tiers: readonly Tier[]
  /** All hosts, tier by tier, in the order of hosts.yml. */
  readonly hosts: readonly Host[]
}
