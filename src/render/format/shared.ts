import type { Line } from './line.ts'
import { lineNumbers, type Numbered } from './line-numbers.ts'
import { atOnce, type Steps } from './steps.ts'

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
 * in the order of its first host. What it costs goes by the texts that differ, not by hosts: the same part of many hosts is looked
 * at once, and lines are compared by their numbers.
 * @param plans of each host the parts of its plan, in order
 * @param alike whether texts are similar enough to be shown as one
 * @returns sections in the order of their first host, those of more hosts first; see {@link rebuilt}
 */
export const sectionsOf = (plans: ReadonlyMap<string, readonly Part[]>, alike = looksAlike): Section[] =>
  atOnce(sectionSteps(plans, alike))

/** The same in steps; plans may be made while they are looked at. */
export function* sectionSteps(
  plans: Iterable<readonly [host: string, parts: readonly Part[]]>,
  alike = looksAlike,
): Steps<Section[]> {
  const order = new Map<string, number>()
  const forms = formsOf(lineNumbers(), alike)
  const known = new Map<Part, Form>()
  for (const [host, parts] of plans) {
    order.set(host, order.size)
    for (const [place, part] of parts.entries()) {
      const form = known.get(part) ?? forms.of(part)
      known.set(part, form)
      form.hosts.push(host)
      form.cluster.at.set(host, place)
    }
    yield
  }
  const sections = new Map<string, { hosts: readonly string[]; parts: SharedPart[] }>()
  for (const { key, counts, isNew, forms: own, at } of forms.clusters()) {
    const part = { key, counts, isNew, rows: rowsOf(own, at), at }
    const hosts = [...at.keys()]
    const name = hosts.join(' ')
    const section = sections.get(name)
    if (section) section.parts.push(part)
    else sections.set(name, { hosts, parts: [part] })
    yield
  }
  const first = ({ hosts: [host = ''] }: Section) => order.get(host) ?? 0
  return [...sections.values()]
    .map(({ hosts, parts }) => ({
      hosts,
      parts: parts.toSorted((one, other) => placeIn(hosts, one) - placeIn(hosts, other)),
    }))
    .toSorted((one, other) => other.hosts.length - one.hosts.length || first(one) - first(other))
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

/** A part as some hosts have it, to the letter. */
interface Form {
  readonly cluster: Cluster
  readonly lines: readonly Numbered[]
  readonly hosts: string[]
}

/** Parts of several hosts that look like the first one's. */
interface Cluster extends Pick<Part, 'key' | 'counts' | 'isNew'> {
  readonly lines: readonly Numbered[]
  readonly forms: Form[]
  readonly at: Map<string, number>
}

/** Where a part belongs that was not met before as this object. */
function formsOf(numbered: (line: Line) => Numbered, alike: typeof looksAlike) {
  const clusters = new Map<string, Cluster[]>()
  const exact = new Map<string, Form>()
  const clusterOf = ({ key, counts, isNew }: Part, lines: readonly Numbered[]): Cluster => {
    const ofKey = clusters.get(key) ?? []
    clusters.set(key, ofKey)
    const like = ofKey
      .slice(0, COMPARED)
      .find((one) => one.counts === counts && one.isNew === isNew && alike(one.lines, lines))
    if (like) return like
    const cluster: Cluster = { key, counts, isNew, lines, forms: [], at: new Map() }
    ofKey.push(cluster)
    return cluster
  }
  const of = (part: Part): Form => {
    const lines = part.lines.map(numbered)
    const look = JSON.stringify([part.key, part.counts, part.isNew, lines.map(({ number }) => number)])
    const same = exact.get(look)
    if (same) return same
    const cluster = clusterOf(part, lines)
    const form: Form = { cluster, lines, hosts: [] }
    cluster.forms.push(form)
    exact.set(look, form)
    return form
  }
  return { of, clusters: () => [...clusters.values()].flat() }
}

/** Of as many lines, and half of them the same. */
export const looksAlike = (one: readonly Numbered[], other: readonly Numbered[]): boolean =>
  one.length === other.length && one.filter((line, i) => line === other[i]).length >= one.length * ALIKE

const rowsOf = (forms: readonly Form[], at: ReadonlyMap<string, number>): Row[] => {
  const [first] = forms
  const order = forms.length > 1 ? new Map([...at.keys()].map((host, i) => [host, i])) : undefined
  return (first?.lines ?? []).map((numbered, i) => {
    if (forms.every(({ lines }) => lines[i] === numbered)) return { line: numbered.line }
    const variants = new Map<Numbered | undefined, Form[]>()
    for (const form of forms) {
      const same = variants.get(form.lines[i])
      if (same) same.push(form)
      else variants.set(form.lines[i], [form])
    }
    return { variants: [...variants].map(([line, same]) => variantOf(line?.line ?? [], same, order)) }
  })
}

const variantOf = (line: Line, forms: readonly Form[], order: ReadonlyMap<string, number> | undefined): Variant => ({
  hosts: forms.flatMap(({ hosts }) => hosts).toSorted((a, b) => (order?.get(a) ?? 0) - (order?.get(b) ?? 0)),
  line,
})
