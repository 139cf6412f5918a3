import type { Problem } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { placeText } from '../problems/place.ts'
import { dotted, step } from '../problems/pointer.ts'
import type { Host, Origins, Tier } from './inventory.ts'
import { originAt } from './origins.ts'
import type { HostsFile } from './schemas/hosts.ts'
import type { SiteFile } from './schemas/site.ts'
import type { Source } from './source.ts'
import { isMapping } from './vars.ts'
import type { YamlFile } from './yaml.ts'

/** What no schema can say: names that must agree between files, and names that must be unique. */

export function siteProblems({ data, origins }: Source<SiteFile>, knownRoles: readonly string[]): Problem[] {
  const names = data.tiers.map((tier) => tier.name)
  return data.tiers.flatMap((tier, i) => {
    const twice = names.indexOf(tier.name) < i
    const duplicate = twice ? [problem(origins, `/tiers/${i}/name`, `tier '${tier.name}' is there twice`)] : []
    const unknown = tier.roles.flatMap((role, n) =>
      knownRoles.includes(role)
        ? []
        : [problem(origins, `/tiers/${i}/roles/${n}`, `unknown role '${role}'`, nameHint(role, knownRoles))],
    )
    return [...duplicate, ...unknown]
  })
}

/** Tiers and host names of hosts.yml as it was written, also where it was not valid. */
export function writtenHosts(file: YamlFile | undefined): { tier: string; host: string; pointer: string }[] {
  return entriesAt(file?.value, 'tiers').flatMap(([tier, members]) =>
    entriesAt(members, 'hosts').map(([host]) => ({
      tier,
      host,
      pointer: `/tiers${step(tier)}/hosts${step(host)}`,
    })),
  )
}

const entriesAt = (value: unknown, key: string): [string, unknown][] => {
  const inside = isMapping(value) ? value[key] : undefined
  return isMapping(inside) ? Object.entries(inside) : []
}

export function hostsProblems(hosts: Source<HostsFile>, file: YamlFile, tiers: readonly string[]): Problem[] {
  const { origins } = hosts
  const unknownTiers = Object.keys(hosts.data.tiers)
    .filter((tier) => !tiers.includes(tier))
    .map((tier) => problem(origins, `/tiers${step(tier)}`, `tier '${tier}' is not in site.yml`, nameHint(tier, tiers)))
  const written = writtenHosts(file)
  const first = new Map<string, string>()
  const duplicates = written.flatMap(({ host, pointer }) => {
    const before = first.get(host)
    if (before === undefined) {
      first.set(host, pointer)
      return []
    }
    return [problem(origins, pointer, `host '${host}' is there twice`, firstAt(origins, before))]
  })
  const clashes = written.flatMap(({ host, pointer }) =>
    tiers.includes(host) || host === 'all'
      ? [problem(origins, pointer, `host '${host}' has the name of a tier`, '--limit could not tell them apart')]
      : [],
  )
  const empty = written.length === 0 ? [problem(origins, '/tiers', 'there is no host in it')] : []
  return [...unknownTiers, ...duplicates, ...clashes, ...empty]
}

const firstAt = (origins: Origins, pointer: string): string | undefined => {
  const origin = originAt(origins, pointer)
  return origin && `the first is at ${placeText(origin)}`
}

/** Hosts that would be one and the same machine. */
export function addressProblems(hosts: readonly Host[]): Problem[] {
  const first = new Map<string, Host>()
  return hosts.flatMap((host) => {
    const place = host.connection.host ?? host.address
    const { port, transport, jumps = [] } = host.connection
    // Private addresses mean other machines behind other jump hosts.
    const way = jumps.map(({ name }) => name).join(' ')
    const key = `${place.toLowerCase()} ${port} ${transport === 'local'} ${way}`
    const other = first.get(key)
    if (other === undefined || other.name === host.name) {
      first.set(key, host)
      return []
    }
    return [
      {
        message: `hosts '${other.name}' and '${host.name}' have the same address ${place}, port ${host.connection.port}`,
        origin: host.origin,
        path: `tiers.${host.tier}.hosts.${host.name}.address`,
        hint: `the first is at ${placeText(other.origin)}`,
      },
    ]
  })
}

/** Files of vars that belong to nothing. */
export function strayFiles(
  files: ReadonlyMap<string, YamlFile>,
  known: readonly string[],
  what: 'tier or group' | 'host',
): Problem[] {
  return [...files]
    .filter(([name, { file }]) => !known.includes(name) && file.endsWith('.yml'))
    .map(([name, { file }]) => ({
      message: `there is no ${what} '${name}'`,
      origin: { file, line: 1, col: 1 },
      hint: nameHint(name, known),
    }))
}

export function tierNames(tiers: readonly Tier[]): string[] {
  return tiers.map((tier) => tier.name)
}

const problem = (origins: Origins, pointer: string, message: string, hint?: string): Problem => ({
  message,
  origin: originAt(origins, pointer),
  path: dotted(pointer),
  hint,
})
