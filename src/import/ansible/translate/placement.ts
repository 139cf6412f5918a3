import type { Finding } from '../finding.ts'
import { effective, type Setting, type SettingsOf } from '../inventory/precedence.ts'
import { type AnsibleValue, isAnsibleMapping, plain } from '../parse/value.ts'
import { placeOf } from './declared.ts'
import { shown } from './tiers.ts'

/** A level of vars here: the file it is written to, without its ending. */
export type LevelFile = `group_vars/${string}` | `host_vars/${string}`

export type PlacedVars = ReadonlyMap<LevelFile, ReadonlyMap<string, AnsibleValue>>

export interface PlacementInput {
  /** Hosts that are imported, and their tiers. */
  readonly tierOf: ReadonlyMap<string, string>
  readonly settingsOf: SettingsOf
  /** `hash_behaviour = merge` */
  readonly merges: boolean
  /** What is written at all, by `placeOf`. */
  readonly carried: ReadonlySet<string>
  /** File of a group, as it is called here; undefined: none of its hosts is imported. */
  groupFile(group: string): LevelFile | undefined
  hostFile(host: string): LevelFile
  isInside(inner: string, outer: string): boolean
}

/**
 * Puts vars into files so that each host has the value that it has with Ansible. Where it was written is where it goes, unless
 * the order of precedence here would make another value of it for some host: then it is written for hosts, or for tiers.
 */
export function placeVars(input: PlacementInput): {
  readonly placed: PlacedVars
  readonly findings: readonly Finding[]
} {
  const hosts = [...input.tierOf.keys()]
  const names = new Set(
    hosts.flatMap((host) =>
      input
        .settingsOf(host)
        .filter((one) => input.carried.has(placeOf(one)))
        .map(({ name }) => name),
    ),
  )
  const placed = new Map<LevelFile, Map<string, AnsibleValue>>()
  const put = (file: LevelFile, name: string, value: AnsibleValue): void => {
    placed.set(file, new Map([...(placed.get(file) ?? []), [name, value]]))
  }
  const findings: Finding[] = []
  for (const name of names) {
    const ofHosts = new Map(hosts.map((host) => [host, wanted(host, name, input)]))
    const moved = hosts.filter((host) => !isSameHere(ofHosts.get(host), input))
    if (moved.length === 0) {
      for (const one of ofHosts.values()) {
        for (const setting of one?.settings ?? []) {
          const file = fileOf(setting, input)
          if (file !== undefined) put(file, name, setting.value.value)
        }
      }
    } else {
      for (const [file, value] of byTierOrHost(ofHosts, input)) put(file, name, value)
      findings.push(movedFinding(name, moved, ofHosts.get(moved[0] ?? '')))
    }
  }
  return { placed, findings }
}

interface Wanted {
  /** All that is set for the host, the last of each setter, the lower first. */
  readonly settings: readonly Setting[]
  /** What Ansible makes of it; undefined: something that can't be carried. */
  readonly winner: Setting | undefined
}

function wanted(host: string, name: string, { settingsOf, carried, merges }: PlacementInput): Wanted {
  const all = settingsOf(host).filter((one) => one.name === name)
  const last = new Map(all.map((one) => [`${one.by.is} ${one.by.name}`, one]))
  const top = all.at(-1)
  const winner = effective(all, merges).get(name)
  return {
    settings: [...last.values()],
    winner: top !== undefined && carried.has(placeOf(top)) ? winner : undefined,
  }
}

/** Whether the settings, written where they stand, give the host the same value by the order of this tool. */
function isSameHere(one: Wanted | undefined, input: PlacementInput): boolean {
  if (one === undefined || one.settings.length === 0) return true
  const { settings, winner } = one
  if (winner === undefined || settings.some((setting) => !input.carried.has(placeOf(setting)))) return false
  if (settings.length === 1) return true
  // Mappings of several levels are merged here.
  if (settings.some(({ value }) => isAnsibleMapping(value.value))) return false
  const own = settings.find(({ by }) => by.is === 'host')
  const groups = settings.filter(({ by }) => by.is === 'group' && by.name !== 'all')
  const inTier = groups.find((setting) => isTier(setting, input))
  const inner = groups.find((a) => groups.every((b) => input.isInside(a.by.name, b.by.name)))
  const here = own ?? inTier ?? (groups.length > 0 ? inner : settings[0])
  // Two groups that disagree are an error here, also where a narrower level settles it.
  const isSettled = groups.length < 2 || inner !== undefined || groups.every((a) => same(a, groups[0]))
  return isSettled && same(here, winner)
}

const isTier = ({ by }: Setting, { tierOf, groupFile }: PlacementInput): boolean =>
  [...tierOf.values()].some((tier) => groupFile(by.name) === `group_vars/${tier}`)

const same = (a: Setting | undefined, b: Setting | undefined): boolean =>
  a !== undefined && b !== undefined && equalValues(a.value.value, b.value.value)

export const equalValues = (a: AnsibleValue, b: AnsibleValue): boolean =>
  JSON.stringify(sorted(plain(a))) === JSON.stringify(sorted(plain(b)))

/** Mappings with their keys in order: it does not count there. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]: [string, unknown]) => [key, sorted(one)]),
  )
}

function fileOf({ by }: Setting, input: PlacementInput): LevelFile | undefined {
  if (by.is === 'host') return input.hostFile(by.name)
  return by.name === 'all' ? 'group_vars/all' : input.groupFile(by.name)
}

function byTierOrHost(
  ofHosts: ReadonlyMap<string, Wanted>,
  { tierOf, hostFile }: PlacementInput,
): [LevelFile, AnsibleValue][] {
  return [...new Set(tierOf.values())].flatMap((tier): [LevelFile, AnsibleValue][] => {
    const hosts = [...tierOf].filter(([, one]) => one === tier).map(([host]) => host)
    const values = hosts.flatMap((host): [string, AnsibleValue][] => {
      const winner = ofHosts.get(host)?.winner
      return winner === undefined ? [] : [[host, winner.value.value]]
    })
    const [first] = values
    if (first === undefined) return []
    const isOne = values.length === hosts.length && values.every(([, value]) => equalValues(value, first[1]))
    return isOne ? [[`group_vars/${tier}`, first[1]]] : values.map(([host, value]) => [hostFile(host), value])
  })
}

function movedFinding(name: string, hosts: readonly string[], one: Wanted | undefined): Finding {
  const setters = (one?.settings ?? []).map(({ by }) => `${by.is} ${by.name}`)
  const why =
    setters.length > 1
      ? `${setters.join(', ')} set it: the value that counts with Ansible is written for each tier or host`
      : 'written for each tier or host'
  return { kind: 'attention', at: one?.settings.at(-1)?.value.at, subject: `${name} of ${shown(hosts)}`, note: why }
}
