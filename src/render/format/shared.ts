import type { Line } from './line.ts'

/** One thing of a host's plan as it is shown: a resource, a handler, what is done around the changes. */
export interface Part {
  /** Unique in the plan of a host; the same thing on another host has the same one. */
  readonly key: string
  readonly counts: 'change' | 'handler' | 'put back' | undefined
  /** All of its text is new: it may be cut. */
  readonly isNew: boolean
  readonly lines: readonly Line[]
}

/** What stands in one place on some hosts: the same on all of them, or not. */
export type Row = { readonly line: Line } | { readonly variants: readonly Variant[] }

export interface Variant {
  readonly hosts: readonly string[]
  readonly line: Line
}

/** A thing that several hosts have, alike but for some lines. */
export interface SharedPart extends Pick<Part, 'key' | 'counts' | 'isNew'> {
  readonly rows: readonly Row[]
  /** Where it stands in the plan of each host. */
  readonly at: ReadonlyMap<string, number>
}

/** What exactly these hosts have in common. */
export interface Section {
  readonly hosts: readonly string[]
  readonly parts: readonly SharedPart[]
}

/** Share of lines that must be the same, for two texts to be shown as one. */
const ALIKE = 0.5
/** Texts of a thing that others are compared with: where so many are unlike each other, as certificates are, all will be. */
const COMPARED = 8

/**
 * Puts together what hosts share, thing by thing: each is in one section, that of the hosts which have it. In a section things are
 * in the order of its first host.
 * @param plans of each host the parts of its plan, in order
 * @returns sections in the order of their first host, those of more hosts first; see {@link rebuilt}
 */
export function sectionsOf(plans: ReadonlyMap<string, readonly Part[]>): Section[] {
  const order = new Map([...plans.keys()].map((host, i) => [host, i]))
  const sections = new Map<string, { hosts: readonly string[]; parts: SharedPart[] }>()
  for (const part of sharedParts(plans)) {
    const hosts = [...part.at.keys()]
    const name = hosts.join(' ')
    const section = sections.get(name)
    if (section) section.parts.push(part)
    else sections.set(name, { hosts, parts: [part] })
  }
  const first = ({ hosts: [host = ''] }: Section) => order.get(host) ?? 0
  return [...sections.values()]
    .map(({ hosts, parts }) => ({ hosts, parts: parts.toSorted((a, b) => placeIn(hosts, a) - placeIn(hosts, b)) }))
    .toSorted((a, b) => b.hosts.length - a.hosts.length || first(a) - first(b))
}

const placeIn = ([host = '']: readonly string[], part: SharedPart): number => part.at.get(host) ?? 0

/** The lines of one host's plan, as the sections tell them: all that it was made of, in its order. */
export function rebuilt(sections: readonly Section[], host: string): Line[] {
  return sections
    .flatMap(({ parts }) => parts)
    .filter(({ at }) => at.has(host))
    .toSorted((a, b) => (a.at.get(host) ?? 0) - (b.at.get(host) ?? 0))
    .flatMap(({ rows }) => rows.flatMap((row) => lineOn(row, host)))
}

const lineOn = (row: Row, host: string): Line[] =>
  'line' in row ? [row.line] : row.variants.flatMap(({ hosts, line }) => (hosts.includes(host) ? [line] : []))

/** Each thing once for all hosts on which it looks alike. */
function sharedParts(plans: ReadonlyMap<string, readonly Part[]>): SharedPart[] {
  const clusters = new Map<string, Cluster[]>()
  const exact = new Map<string, Cluster>()
  for (const [host, parts] of plans) {
    for (const [place, { key, counts, isNew, lines }] of parts.entries()) {
      const texts = lines.map((line) => JSON.stringify(line))
      const look = JSON.stringify([key, counts, isNew, ...texts])
      const ofKey = clusters.get(key) ?? []
      clusters.set(key, ofKey)
      const cluster =
        exact.get(look) ??
        ofKey
          .slice(0, COMPARED)
          .find((one) => one.counts === counts && one.isNew === isNew && isAlike(one.texts, texts))
      const member = { host, place, lines, texts }
      if (cluster) cluster.members.push(member)
      const own = cluster ?? { key, counts, isNew, texts, members: [member] }
      if (!cluster) ofKey.push(own)
      if (!exact.has(look)) exact.set(look, own)
    }
  }
  return [...clusters.values()].flat().map(({ key, counts, isNew, members }) => ({
    key,
    counts,
    isNew,
    rows: rowsOf(members),
    at: new Map(members.map(({ host, place }) => [host, place])),
  }))
}

interface Member {
  readonly host: string
  readonly place: number
  readonly lines: readonly Line[]
  readonly texts: readonly string[]
}

/** Parts of several hosts that look like the first one's. */
interface Cluster extends Pick<Part, 'key' | 'counts' | 'isNew'> {
  readonly texts: readonly string[]
  readonly members: Member[]
}

const isAlike = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.filter((text, i) => text === other[i]).length >= one.length * ALIKE

const rowsOf = (members: readonly Member[]): Row[] => {
  const [first] = members
  return (first?.lines ?? []).map((line, i) => {
    const variants = new Map<string, { hosts: string[]; line: Line }>()
    for (const { host, lines, texts } of members) {
      const text = texts[i] ?? ''
      const same = variants.get(text)
      if (same) same.hosts.push(host)
      else variants.set(text, { hosts: [host], line: lines[i] ?? [] })
    }
    return variants.size === 1 ? { line } : { variants: [...variants.values()] }
  })
}
