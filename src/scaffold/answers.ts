import { InputError, type Problem } from '../errors.ts'
import { elementsOf } from '../inventory/elements.ts'
import { HOSTS_SCHEMA } from '../inventory/schemas/hosts.ts'
import { NAME_PATTERN } from '../inventory/schemas/names.ts'

/** A host of a project that is only now made. */
export interface NewHost {
  readonly name: string
  readonly address: string
  readonly tier: string
}

/** Hosts of one tier. */
export interface NewTier {
  readonly name: string
  readonly hosts: readonly Pick<NewHost, 'name' | 'address'>[]
}

const CONNECTION = HOSTS_SCHEMA.properties.connection.properties
const ADDRESS = new RegExp(
  HOSTS_SCHEMA.properties.tiers.additionalProperties.properties.hosts.additionalProperties.properties.address.pattern,
)
const NAME = new RegExp(NAME_PATTERN)
const USER = new RegExp(CONNECTION.user.pattern)
const EXAMPLE = 'a host is NAME=ADDRESS: web1=192.0.2.11'

/**
 * Hosts as they are given, `web1=192.0.2.11`, or as a DNS name alone, whose first label is the name. Those that differ in
 * a number at the end (`web1`, `web-02`) are of one tier, unless one is given for all.
 * @throws InputError with everything that is wrong
 */
export function hostsOf(words: readonly string[], tier?: string): NewHost[] {
  const read = words.flatMap(elementsOf).map((word) => hostOf(word, tier))
  const names = read.flatMap((one) => ('name' in one ? [one.name] : []))
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  const problems: Problem[] = [
    ...read.flatMap((one) => ('message' in one ? [one] : [])),
    ...twice.map((name) => ({ message: `host ${name} is given twice` })),
  ]
  if (tier !== undefined && names.includes(tier)) {
    problems.push({ message: `tier '${tier}' has the name of a host`, hint: '--limit could not tell them apart' })
  }
  if (problems.length > 0) throw new InputError(problems)
  const hosts = read.flatMap((one) => ('name' in one ? [one] : []))
  // A host and a tier of one name could not be told apart.
  return hosts.map((host) => (names.includes(host.tier) ? { ...host, tier: NO_TIER } : host))
}

function hostOf(word: string, tier: string | undefined): NewHost | Problem {
  const [, given, address = ''] = /^(?:([^=]*)=)?(.*)$/.exec(word) ?? []
  if (given === undefined && (/^[\d.]+$/.test(word) || word.includes(':'))) {
    return { message: `'${word}' has no name`, hint: EXAMPLE }
  }
  const name = given ?? word.split('.')[0] ?? ''
  if (!NAME.test(name)) return { message: `'${name}' is no name for a host`, hint: EXAMPLE }
  if (!ADDRESS.test(address) || address.includes('..') || hasPort(address)) {
    const hint = hasPort(address) ? 'a port is given with --port, for all hosts; that of one: in hosts.yml' : EXAMPLE
    return { message: `'${address}' is no address for host ${name}`, hint }
  }
  return { name, address, tier: tier ?? tierOf(name) }
}

/** `192.0.2.1:2222`, but not an IPv6 address. */
const hasPort = (address: string): boolean => /^[^:]+:\d+$/.test(address)

function tierOf(name: string): string {
  const word = name.replace(/[-_.]?\d+$/, '')
  // `all` means every host.
  return word === '' || word === 'all' ? NO_TIER : word
}

/** Where the name says nothing. */
const NO_TIER = 'servers'

/** In the order in which they are first named. */
export function tiersOf(hosts: readonly NewHost[]): NewTier[] {
  const names = [...new Set(hosts.map(({ tier }) => tier))]
  return names.map((name) => ({ name, hosts: hosts.filter(({ tier }) => tier === name) }))
}

/** What is wrong with a name of a user, an inventory or a tier; undefined: nothing. */
export function nameProblem(what: 'user' | 'inventory' | 'tier', name: string): Problem | undefined {
  if (what === 'tier' && name === 'all') return { message: "no tier is called 'all', which means every host" }
  if ((what === 'user' ? USER : NAME).test(name)) return undefined
  return { message: `'${name}' is no name for ${what === 'tier' ? 'a' : 'an'} ${what}`.replace('an user', 'a user') }
}
