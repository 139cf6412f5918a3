import type { Origin } from '../errors.ts'
import type { Hook } from '../hooks/hook.ts'
import type { Secret } from '../masking/secret.ts'
import type { RecordsPolicy } from '../records/folder.ts'
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
export interface Origins {
  get(pointer: string): Origin | undefined
}

/** Those of one file, which can be gone through. */
export interface FileOrigins extends Origins, Iterable<[string, Origin]> {}

/** What the inventory says, completed by ssh_config where it is silent. */
export interface ConnectionSettings {
  readonly transport: Transport
  /** Where to log in, when that is not the host's address. */
  readonly host?: string | undefined
  /** The name that ssh_config knows the place by, when that is another one. */
  readonly alias?: string | undefined
  readonly user: string
  readonly port: number
  /** Absolute path of a private key; undefined: the agent and ~/.ssh/id_* are tried. */
  readonly identityFile?: string | undefined
  /** Absolute paths of keys that ssh_config names; an empty list: it wants none. Behind `identityFile`. */
  readonly identityFiles?: readonly string[] | undefined
  /** No other keys than `identityFiles` are offered, whatever the agent holds. */
  readonly identitiesOnly?: boolean | undefined
  /** Absolute path of an agent's socket; none: no agent; undefined: $SSH_AUTH_SOCK. */
  readonly identityAgent?: string | undefined
  /** Absolute path of the known_hosts file, the one that keys are added to. */
  readonly knownHosts: string
  /** Further files of known host keys. */
  readonly moreKnownHosts?: readonly string[] | undefined
  /** The name of the host in known_hosts, in place of its address and port. */
  readonly hostKeyAlias?: string | undefined
  /** strict: an unknown key is refused. accept-new: it is added; a changed one is refused all the same. */
  readonly hostKeyChecking: 'strict' | 'accept-new'
  /** none: the login user is root already. */
  readonly become: 'none' | 'sudo'
  /** Tainted; undefined: sudo must not ask (NOPASSWD). */
  readonly becomePassword?: Secret | undefined
  /** Seconds until the login must be done. */
  readonly connectTimeout: number
  /** Seconds between keepalives (0: none), and how many may stay unanswered; undefined: the transport's own. */
  readonly aliveInterval?: number | undefined
  readonly aliveCountMax?: number | undefined
  /** Of an address of this machine and of the host, as far as ssh_config says it. */
  readonly family?: 4 | 6 | undefined
  readonly bindAddress?: string | undefined
  /**
   * Jump hosts on the way, in the order in which they are passed; each is reached over the one before it. An empty list:
   * the inventory wants none, whatever ssh_config says.
   */
  readonly jumps?: readonly Target[] | undefined
  /** For the ssh program: the one file that it reads, or none; undefined: the usual ones. */
  readonly sshConfig?: string | undefined
  /** For the ssh program: keywords, in lower case, that it alone can tell the value of. */
  readonly leftToSsh?: readonly string[] | undefined
  /** Why the transport is the ssh program where the inventory names none. */
  readonly programBecause?: readonly string[] | undefined
}

/** Whose vars a level has. */
export type Scope = 'site' | 'all' | 'group' | 'tier' | 'host' | 'command line'

/** One level of precedence. */
export interface NamedLevel {
  readonly scope: Scope
  /** Name of the tier, the group or the host. */
  readonly name: string
  readonly vars: Vars
  readonly origins: Origins
}

/** Where one logs in: a host, or a jump host on the way to one. */
export interface Target {
  readonly name: string
  readonly address: string
  readonly connection: ConnectionSettings
  /** Where it is declared: in hosts.yml, or of a jump host in ssh_config. */
  readonly origin: Origin
}

export interface Host extends Target {
  readonly tier: string
  /** All groups that it is in, also by other groups: outer ones before those in them. */
  readonly groups: readonly string[]
  /** Merged by precedence: site tier < all < groups < tier < host < --var. Role defaults come in compile. */
  readonly vars: Vars
  readonly origins: Origins
  /** What the vars were merged of, lowest first; hosts that have a level in common share it. */
  readonly levels: readonly NamedLevel[]
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
  /** What is written down of runs. */
  readonly records: RecordsPolicy
  /** Who is told of runs. */
  readonly hooks: readonly Hook[]
  /** Outer ones before those in them. */
  readonly groups: readonly Group[]
  /** All hosts, tier by tier, in the order of hosts.yml. */
  readonly hosts: readonly Host[]
}
