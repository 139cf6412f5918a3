import { ProvisionError } from '../../errors.ts'
import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { ANYWHERE, type Family, formatNet, masked, parseNet } from './address.ts'
import { normalPorts } from './ports.ts'
import { IPV4_ONLY, needsFamily, ruleArgs, type Tuple } from './tuple.ts'

export const UFW_RULE = {
  action: {
    description: 'limit: at most 6 new connections in 30 s from one address.',
    enum: ['allow', 'deny', 'reject', 'limit'],
  },
  proto: {
    description: 'Not set: any. With several ports or a range it must be tcp or udp.',
    enum: ['any', 'tcp', 'udp', 'ipv6', 'esp', 'ah', 'igmp', 'gre', 'vrrp'],
    given: true,
  },
  port: {
    description: "`22`, `'80,443'`, `'6000:6100'`: the destination's; numbers only. Not set: every port.",
    type: ['integer', 'string'],
    given: true,
  },
  from: {
    description: 'Source address, network, or `any`. A list makes one rule for each. Not set: any.',
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    given: true,
  },
  to: { description: 'Destination address, network, or `any`. Not set: any.', type: 'string', given: true },
  iface: {
    description: 'Interface: the one that packets come in by, or with direction `out` go out by. Not set: any.',
    type: 'string',
    given: true,
  },
  outIface: {
    description: 'For routed rules: the interface that packets leave by. Not set: any.',
    type: 'string',
    given: true,
  },
  direction: { description: 'Of the packets, seen from the host.', enum: ['in', 'out'], default: 'in' },
  route: { description: 'A rule for packets that pass through the host.', type: 'boolean', default: false },
  log: { description: 'log: new connections. log-all: every packet.', enum: ['log', 'log-all'], optional: true },
  comment: {
    description: "Shown by `ufw status` after the tool's tag; without `'`, which ufw can't store.",
    type: 'string',
    optional: true,
  },
  state: {
    description: 'absent: no rule for this match, whichever its action.',
    enum: ['present', 'absent'],
    default: 'present',
  },
  limitSsh: {
    description: 'Consent to `limit` the port that provision logs in by: it opens several connections in a row.',
    type: 'boolean',
    default: false,
  },
} as const satisfies FieldSchemas

/** A rule as a role writes it. */
export type UfwRule = FieldsOf<typeof UFW_RULE>

/** What starts the comment of every rule that provision made. */
export const TAG = 'provision'

export const isTagged = (tuple: Tuple): boolean => tuple.comment === TAG || tuple.comment.startsWith(`${TAG}: `)

/** One rule for one source: an IPv4 half, an IPv6 half, or both. */
export interface Spec {
  readonly tuples: readonly Tuple[]
}

export interface RuleDesired {
  readonly sort: 'rule'
  readonly specs: readonly Spec[]
  readonly state: 'present' | 'absent'
  readonly limitSsh: boolean
}

/**
 * Checks a rule and brings it into ufw's own form.
 * @throws ProvisionError (input) for what ufw would refuse or understand otherwise.
 */
export function declareRule(rule: UfwRule): RuleDesired {
  const sources = typeof rule.from === 'string' || rule.from === undefined ? [rule.from ?? 'any'] : rule.from
  if (sources.length === 0) throw wrong('`from` is an empty list', 'leave it out for any source')
  return {
    sort: 'rule',
    specs: sources.map((source) => ({ tuples: tuplesOf(rule, source) })),
    state: rule.state ?? 'present',
    limitSsh: rule.limitSsh ?? false,
  }
}

/** The rule in ufw's words, as its arguments: for both families when it is declared so. */
export function specArgs(spec: Spec): ReturnType<typeof ruleArgs> {
  const [first] = spec.tuples
  if (first === undefined) return { route: [], rule: [] }
  return ruleArgs(first, spec.tuples.length === 2 || !needsFamily(first))
}

export function describeSpec(spec: Spec): string {
  const { route, rule } = specArgs(spec)
  return [...route, ...rule].join(' ')
}

/** What the rule matches, without what it does: its identity. */
export function describeMatch(spec: Spec): string {
  const { route, rule } = specArgs({ tuples: spec.tuples.map((tuple) => ({ ...tuple, log: '' })) })
  return [...route, ...rule.slice(1)].join(' ')
}

const tuplesOf = (rule: UfwRule, source: string): Tuple[] => {
  const proto = rule.proto ?? 'any'
  const src = addressOf(source, 'from')
  const dst = addressOf(rule.to ?? 'any', 'to')
  const direction = rule.direction ?? 'in'
  const iface = ifaceOf(rule.iface)
  const outIface = direction === 'out' ? iface : ifaceOf(rule.outIface)
  if (outIface !== '' && direction === 'in' && !rule.route)
    throw wrong('`outIface` is for routed rules', "set `route: true`, or `direction: 'out'` with `iface`")
  if (rule.route && rule.direction !== undefined) throw wrong('a routed rule has no `direction`', 'use iface, outIface')
  const common = {
    route: rule.route ?? false,
    action: rule.action,
    log: rule.log ?? ('' as const),
    proto,
    dport: portsOf(rule.port, proto),
    sport: 'any',
    dapp: '',
    sapp: '',
    // ufw has it so for a routed rule that names only where packets leave.
    direction: rule.route && outIface !== '' && iface === '' ? ('out' as const) : direction,
    inIface: direction === 'out' ? '' : iface,
    outIface,
    comment: commentOf(rule.comment),
  }
  return familiesOf(proto, src, dst).map((family) => ({
    ...common,
    family,
    src: src === 'any' ? ANYWHERE[family] : src.text,
    dst: dst === 'any' ? ANYWHERE[family] : dst.text,
  }))
}

type Address = 'any' | { readonly family: Family; readonly text: string }

const familiesOf = (proto: string, src: Address, dst: Address): Family[] => {
  const named = [src, dst].flatMap((address) => (address === 'any' ? [] : [address.family]))
  const [family] = named
  if (named.some((other) => other !== family))
    throw wrong('`from` and `to` are of different families', 'split the rule')
  const v4only = IPV4_ONLY.includes(proto)
  if (v4only && family === 6) throw wrong(`ufw has proto ${proto} for IPv4 only`, 'give IPv4 addresses')
  return family !== undefined ? [family] : v4only ? [4] : [4, 6]
}

const addressOf = (text: string, field: string): Address => {
  if (text === 'any') return 'any'
  const net = parseNet(text)
  if (!net) throw wrong(`\`${field}\` is no address or network: '${text}'`, 'e.g. 10.0.0.0/8, 2001:db8::/32 or any')
  return { family: net.family, text: formatNet(masked(net)) }
}

const portsOf = (port: number | string | undefined, proto: string): string => {
  if (port === undefined || port === 'any') return 'any'
  const ports = normalPorts(String(port))
  if (ports === undefined) throw wrong(`no valid ports: '${port}'`, "e.g. 22, '80,443' or '6000:6100'; 15 at most")
  if (!['any', 'tcp', 'udp'].includes(proto)) throw wrong(`proto ${proto} has no ports`, 'leave `port` out')
  if (proto === 'any' && /[,:]/.test(ports)) throw wrong('several ports need a proto', 'set `proto` to tcp or udp')
  return ports
}

const ifaceOf = (name: string | undefined): string => {
  // Stricter by one than ufw: a leading dash could be taken for an option.
  if (name === undefined || /^[a-zA-Z0-9_.+,=%@][a-zA-Z0-9_.+,=%@-]{0,14}$/.test(name)) return name ?? ''
  throw wrong(`no valid interface name: '${name}'`, 'at most 15 letters, digits and _.+,=%@-; no alias (eth0:1)')
}

const commentOf = (comment: string | undefined): string => {
  if (comment === undefined || comment === '') return TAG
  if (!/^[^'\p{Cc}]+$/u.test(comment))
    throw wrong(`ufw can't store this comment: ${JSON.stringify(comment)}`, "leave out ' and control characters")
  return `${TAG}: ${comment}`
}

const wrong = (message: string, hint: string): ProvisionError =>
  new ProvisionError(`ufw rule: ${message}`, { code: 'input', hint })
