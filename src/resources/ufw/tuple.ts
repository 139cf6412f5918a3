import { ANYWHERE, type Family, formatNet, masked, parseNet } from './address.ts'

/**
 * One rule of one family as /etc/ufw/user.rules and user6.rules hold it: the line `### tuple ###`, which is what ufw
 * itself reads back (ufw 0.36.2, backend_iptables.py, _read_rules and _write_rules).
 */
export interface Tuple {
  readonly family: Family
  readonly route: boolean
  readonly action: UfwAction
  readonly log: '' | 'log' | 'log-all'
  readonly proto: string
  readonly dport: string
  readonly dst: string
  readonly sport: string
  readonly src: string
  /** Application profiles that it came from; empty when none. */
  readonly dapp: string
  readonly sapp: string
  readonly direction: 'in' | 'out'
  readonly inIface: string
  readonly outIface: string
  readonly comment: string
  /** The line as it stands in the file, where ufw would write it otherwise today. */
  readonly written?: string
}

export type UfwAction = 'allow' | 'deny' | 'reject' | 'limit'

export const TUPLE_MARK = '### tuple ### '

/** Protocols that ufw takes for IPv4 only: a rule with them has no second half in user6.rules. */
export const IPV4_ONLY = ['ipv6', 'igmp']

/** What ufw compares to tell whether two rules are one: all but action, log and comment (common.py, match). */
export function matchOf(tuple: Tuple): string {
  return [tuple.family, ...fieldsOf(tuple).slice(1), tuple.route].join(' ')
}

/** The tuple as its line has it, without the mark. */
export function formatTuple(tuple: Tuple): string {
  const comment = tuple.comment === '' ? [] : [`comment=${Buffer.from(tuple.comment).toString('hex')}`]
  return [...fieldsOf(tuple), ...comment].join(' ')
}

/**
 * Reads what stands behind the mark.
 * @returns undefined for what ufw, too, skips as malformed.
 */
export function parseTuple(line: string, family: Family): Tuple | undefined {
  const [text = '', hex = ''] = line.trim().split(' comment=')
  const words = text.trim().split(/\s+/)
  // Six or eight words: the form of old versions, without a direction.
  const place = words.length === 7 || words.length === 9 ? parsePlace(words.pop() ?? '') : NOWHERE
  const [head = '', proto, dport, dst, sport, src, dapp = '-', sapp = '-'] = words
  const action = /^(route:)?(allow|deny|reject|limit)(?:_(log|log-all))?$/.exec(head)
  if (!action || !place || (words.length !== 6 && words.length !== 8)) return undefined
  if (proto === undefined || dport === undefined || dst === undefined || sport === undefined || src === undefined)
    return
  const tuple: Tuple = {
    family,
    route: action[1] !== undefined,
    action: actionOf(action[2]),
    log: logOf(action[3]),
    proto,
    dport,
    dst: normalAddress(dst, family),
    sport,
    src: normalAddress(src, family),
    dapp: appOf(dapp),
    sapp: appOf(sapp),
    ...place,
    comment: Buffer.from(hex.trim(), 'hex').toString(),
  }
  return formatTuple(tuple) === line ? tuple : { ...tuple, written: line }
}

/**
 * The rule as arguments of ufw, without its comment. `both`: in the form that stands for its IPv4 and its IPv6 half;
 * else addresses are written out, so that only this family is meant.
 */
export function ruleArgs(tuple: Tuple, both: boolean): { route: readonly string[]; rule: readonly string[] } {
  const address = (text: string) => (both && text === ANYWHERE[tuple.family] ? 'any' : text)
  const side = (word: string, addr: string, port: string, app: string) => [
    ...[word, address(addr)],
    ...(app !== '' ? ['app', app] : port !== 'any' ? ['port', port] : []),
  ]
  const place = [
    ...(tuple.inIface !== '' ? ['in', 'on', tuple.inIface] : []),
    ...(tuple.outIface !== '' ? ['out', 'on', tuple.outIface] : []),
  ]
  const app = tuple.dapp !== '' || tuple.sapp !== ''
  return {
    route: tuple.route ? ['route'] : [],
    rule: [
      tuple.action,
      // A routed rule has a direction only by its interfaces.
      ...(place.length > 0 ? place : tuple.route ? [] : [tuple.direction]),
      ...(tuple.log === '' ? [] : [tuple.log]),
      ...(tuple.proto === 'any' || app ? [] : ['proto', tuple.proto]),
      ...side('from', tuple.src, tuple.sport, tuple.sapp),
      ...side('to', tuple.dst, tuple.dport, tuple.dapp),
    ],
  }
}

/** The rule as people read it: `allow in proto tcp from 10.0.0.0/8 to any port 22`. */
export function describeTuple(tuple: Tuple, both = false): string {
  const { route, rule } = ruleArgs(tuple, both || !needsFamily(tuple))
  return [...route, ...rule].join(' ')
}

/** Would the rule, written with `any`, stand for more than this one family? */
export function needsFamily(tuple: Tuple): boolean {
  return (
    tuple.src === ANYWHERE[tuple.family] && tuple.dst === ANYWHERE[tuple.family] && !IPV4_ONLY.includes(tuple.proto)
  )
}

/** Do the two stand for one declared rule, one in each family? */
export function isTwin(a: Tuple, b: Tuple): boolean {
  if (a.family === b.family) return false
  const neutral = (tuple: Tuple) => {
    const address = (text: string) => (text === ANYWHERE[tuple.family] ? 'any' : text)
    return formatTuple({ ...tuple, comment: '', src: address(tuple.src), dst: address(tuple.dst) })
  }
  return neutral(a) === neutral(b) && needsFamily(a)
}

const fieldsOf = (tuple: Tuple): string[] => {
  const app = (name: string) => (name === '' ? '-' : name.replaceAll(' ', '%20'))
  const { inIface, outIface } = tuple
  const place =
    inIface !== '' && outIface !== ''
      ? `in_${inIface}!out_${outIface}`
      : inIface + outIface === ''
        ? tuple.direction
        : `${tuple.direction}_${inIface}${outIface}`
  return [
    `${tuple.route ? 'route:' : ''}${tuple.action}${tuple.log === '' ? '' : `_${tuple.log}`}`,
    ...[tuple.proto, tuple.dport, tuple.dst, tuple.sport, tuple.src],
    ...(tuple.dapp === '' && tuple.sapp === '' ? [] : [app(tuple.dapp), app(tuple.sapp)]),
    place,
  ]
}

type Place = Pick<Tuple, 'direction' | 'inIface' | 'outIface'>
const NOWHERE: Place = { direction: 'in', inIface: '', outIface: '' }

const parsePlace = (text: string): Place | undefined => {
  const both = /^in_([^!]+)!out_([^!]+)$/.exec(text)
  if (both) return { direction: 'in', inIface: both[1] ?? '', outIface: both[2] ?? '' }
  const one = /^(in|out)(?:_([^!]+))?$/.exec(text)
  if (!one) return undefined
  const iface = one[2] ?? ''
  return one[1] === 'out'
    ? { direction: 'out', inIface: '', outIface: iface }
    : { direction: 'in', inIface: iface, outIface: '' }
}

const ACTIONS: readonly UfwAction[] = ['allow', 'deny', 'reject', 'limit']
const actionOf = (word: string | undefined): UfwAction => ACTIONS.find((action) => action === word) ?? 'deny'
const logOf = (word: string | undefined): Tuple['log'] => (word === 'log' || word === 'log-all' ? word : '')
const appOf = (word: string): string => (word === '-' ? '' : word.replaceAll('%20', ' '))

/** As ufw's normalize_address: host bits go in IPv4 only. */
const normalAddress = (text: string, family: Family): string => {
  // Most rules have it, and the first look at an IPv6 address takes Node longer than all else here.
  if (text === ANYWHERE[family]) return text
  const net = parseNet(text)
  if (net?.family !== family) return text
  return formatNet(family === 4 ? masked(net) : net)
}
