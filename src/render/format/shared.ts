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

/**
 * Each thing once for all hosts on which it looks alike. What it costs goes by the texts that differ, not by hosts: the same
 * part of many hosts is looked at once.
 */
function sharedParts(plans: ReadonlyMap<string, readonly Part[]>): SharedPart[] {
  const clusters = new Map<string, Cluster[]>()
  const known = new Map<Part, Form>()
  const exact = new Map<string, Form>()
  for (const [host, parts] of plans) {
    for (const [place, part] of parts.entries()) {
      const form = known.get(part) ?? formOf(part, clusters, exact)
      known.set(part, form)
      form.hosts.push(host)
      form.cluster.at.set(host, place)
    }
  }
  return [...clusters.values()].flat().map(({ key, counts, isNew, forms, at }) => ({
    key,
    counts,
    isNew,
    rows: rowsOf(forms, at),
    at,
  }))
}

/** Where a part belongs that was not met before as this object. */
function formOf(part: Part, clusters: Map<string, Cluster[]>, exact: Map<string, Form>): Form {
  const { key, counts, isNew, lines } = part
  const texts = lines.map((line) => JSON.stringify(line))
  const look = JSON.stringify([key, counts, isNew, ...texts])
  const same = exact.get(look)
  if (same) return same
  const ofKey = clusters.get(key) ?? []
  clusters.set(key, ofKey)
  const alike = ofKey
    .slice(0, COMPARED)
    .find((one) => one.counts === counts && one.isNew === isNew && isAlike(one.texts, texts))
  const cluster: Cluster = alike ?? { key, counts, isNew, texts, forms: [], at: new Map() }
  if (!alike) ofKey.push(cluster)
  const form: Form = { cluster, lines, texts, hosts: [] }
  cluster.forms.push(form)
  exact.set(look, form)
  return form
}

/** A part as some hosts have it, to the letter. */
interface Form {
  readonly cluster: Cluster
  readonly lines: readonly Line[]
  readonly texts: readonly string[]
  readonly hosts: string[]
}

/** Parts of several hosts that look like the first one's. */
interface Cluster extends Pick<Part, 'key' | 'counts' | 'isNew'> {
  readonly texts: readonly string[]
  readonly forms: Form[]
  readonly at: Map<string, number>
}

const isAlike = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.filter((text, i) => text === other[i]).length >= one.length * ALIKE

const rowsOf = (forms: readonly Form[], at: ReadonlyMap<string, number>): Row[] => {
  const [first] = forms
  const order = forms.length > 1 ? new Map([...at.keys()].map((host, i) => [host, i])) : undefined
  return (first?.lines ?? []).map((line, i) => {
    const variants = new Map<string, Form[]>()
    for (const form of forms) {
      const text = form.texts[i] ?? ''
      const same = variants.get(text)
      if (same) same.push(form)
      else variants.set(text, [form])
    }
    return variants.size === 1
      ? { line }
      : { variants: [...variants.values()].map((same) => variantOf(same, i, order)) }
  })
}

const variantOf = (forms: readonly Form[], i: number, order: ReadonlyMap<string, number> | undefined): Variant => ({
  hosts: forms.flatMap(({ hosts }) => hosts).toSorted((a, b) => (order?.get(a) ?? 0) - (order?.get(b) ?? 0)),
  line: forms[0]?.lines[i] ?? [],
})
