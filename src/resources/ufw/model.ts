import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import type { Policy } from './access.ts'
import type { RuleDesired } from './declared.ts'
import type { Tuple } from './tuple.ts'

const POLICY = ['allow', 'deny', 'reject'] as const

export const FIREWALL = {
  enabled: { description: 'Running now and at boot.', type: 'boolean', default: true },
  incoming: { description: 'Packets to the host that no rule matches.', enum: POLICY, default: 'deny' },
  outgoing: { description: 'Packets from the host that no rule matches.', enum: POLICY, default: 'allow' },
  routed: { description: 'Packets that pass through the host.', enum: POLICY, default: 'deny' },
  logging: {
    description: 'How much ufw writes to the log.',
    enum: ['off', 'low', 'medium', 'high', 'full'],
    default: 'low',
  },
  ipv6: { description: "false: ufw drops all IPv6 but loopback's.", type: 'boolean', default: true },
  purge: {
    description:
      "Rules that nobody declares. tagged: those that carry the tool's comment go, others stay and are only named when something else changes. all: every one goes. none: every one stays.",
    enum: ['tagged', 'all', 'none'],
    default: 'tagged',
  },
} as const satisfies FieldSchemas

/** The firewall itself, as a role writes it. */
export type Firewall = FieldsOf<typeof FIREWALL>

export type UfwLogging = 'off' | 'low' | 'medium' | 'high' | 'full'

export interface FirewallDesired {
  readonly sort: 'firewall'
  readonly enabled: boolean
  readonly incoming: Policy
  readonly outgoing: Policy
  readonly routed: Policy
  readonly logging: UfwLogging
  readonly ipv6: boolean
  readonly purge: 'tagged' | 'all' | 'none'
}

export type UfwDesired = RuleDesired | FirewallDesired

export interface Common {
  /** Are rules for IPv6 in use on the host, once the firewall is as declared? */
  readonly ipv6: boolean
  /** Client address and server port that the plan was checked for; undefined without SSH. */
  readonly checked: string | undefined
  /** Enabled and loaded before the change. */
  readonly active: boolean
}

export interface RuleActual extends Common {
  readonly sort: 'rule'
  /** One for each of the declared rule's specs. */
  readonly specs: readonly SpecActual[]
}

export interface SpecActual {
  /** Tuples of the same match, whatever they do. */
  readonly tuples: readonly Tuple[]
  /** Stands where a rule of another effect decides first: it has to be made anew behind it. */
  readonly move: boolean
  /** Matches the tool's own connection. */
  readonly ssh: boolean
  /** Rules that nobody declares, that stay, and that decide before it for some packets: of another effect. */
  readonly overruled?: readonly Tuple[]
}

export interface FirewallActual extends Common {
  readonly sort: 'firewall'
  readonly installed: boolean
  readonly enabled: boolean
  readonly running: boolean
  /** The kernel has what the files say. */
  readonly inSync: boolean
  readonly incoming: Policy
  readonly outgoing: Policy
  readonly routed: Policy
  readonly logging: string
  readonly ipv6Setting: boolean
  /** Rules that have to go, and rules that nobody declares and that stay. */
  readonly stale: readonly Tuple[]
  readonly foreign: readonly Tuple[]
}

export type UfwActual = RuleActual | FirewallActual

export function declareFirewall(firewall: Firewall): FirewallDesired {
  return {
    sort: 'firewall',
    enabled: firewall.enabled ?? true,
    incoming: firewall.incoming ?? 'deny',
    outgoing: firewall.outgoing ?? 'allow',
    routed: firewall.routed ?? 'deny',
    logging: firewall.logging ?? 'low',
    ipv6: firewall.ipv6 ?? true,
    purge: firewall.purge ?? 'tagged',
  }
}
