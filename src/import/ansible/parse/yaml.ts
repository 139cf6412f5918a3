import {
  type Alias,
  type CollectionTag,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type ScalarTag,
  type Tags,
  type YAMLMap,
} from 'yaml'
import type { Trouble } from './declaration.ts'
import {
  type AnsibleValue,
  type AnsibleVar,
  type AnsibleVars,
  isAnsibleMapping,
  type Place,
  pythonNumber,
} from './value.ts'

/** A node of a document with the line it stands on, as far as an inventory's structure goes. */
export interface YamlEntry {
  readonly key: string
  readonly at: Place
  /** Entries of a mapping; undefined where it is none. */
  readonly entries: readonly YamlEntry[] | undefined
  /** The whole of it as a var. */
  readonly asVar: AnsibleVar
}

export interface AnsibleYaml {
  /** Undefined: it is no mapping. Empty for an empty file. */
  readonly entries: readonly YamlEntry[] | undefined
  readonly problems: readonly Trouble[]
}

/** More nodes than a person writes: aliases that multiply (a billion laughs). */
const MAX_NODES = 200_000

/**
 * Reads YAML as Ansible does, which is PyYAML's 1.1: `yes` is true, `0644` is 420, of a key that is there twice the last
 * counts; `!vault` and `!unsafe` are marks.
 */
export function parseAnsibleYaml(text: string, file: string): AnsibleYaml {
  const lines = new LineCounter()
  const doc = parseDocument(text, {
    version: '1.1',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    intAsBigInt: true,
    merge: true,
    logLevel: 'silent',
    customTags: asPyYaml,
  })
  const at = (node: unknown): Place => ({ file, line: Math.max(1, lines.linePos(offsetOf(node)).line) })
  const [error] = doc.errors
  if (error !== undefined) {
    const line = Math.max(1, lines.linePos(error.pos[0]).line)
    return {
      entries: undefined,
      problems: [{ at: { file, line }, message: `not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})` }],
    }
  }
  if (doc.contents === null || (isScalar(doc.contents) && doc.contents.value === null))
    return { entries: [], problems: [] }
  try {
    const read = reader(doc, at)
    return { entries: isMap(doc.contents) ? read.entries(doc.contents, []) : undefined, problems: [] }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return { entries: undefined, problems: [{ at: { file, line: 1 }, message: 'its aliases make too much of it' }] }
  }
}

/** Vars of a file of vars. */
export const varsOf = (entries: readonly YamlEntry[]): AnsibleVars =>
  new Map(entries.map(({ key, asVar }) => [key, asVar]))

/** In PyYAML, unlike in YAML 1.1's text, `y` and `n` are text. Numbers with an exponent but no point are too. */
const asPyYaml = (tags: Tags): Tags => [
  ...tags.map((tag) => (typeof tag === 'object' && 'test' in tag ? narrowed(tag) : tag)),
  ...MARKS,
]

function narrowed(tag: ScalarTag | CollectionTag): ScalarTag | CollectionTag {
  if (!('test' in tag) || tag.test === undefined) return tag
  const { source, flags } = tag.test
  if (tag.tag === 'tag:yaml.org,2002:bool')
    return { ...tag, test: new RegExp(source.replace(/\b[YN]\|[yn]\|/, ''), flags) }
  const isExponent = tag.tag === 'tag:yaml.org,2002:float' && tag.format === 'EXP'
  return isExponent ? { ...tag, test: /^[-+]?[0-9][0-9_]*\.[0-9_]*[eE][-+][0-9]+$/ } : tag
}

const mark = (tag: string): ScalarTag => ({ tag, resolve: (text) => text })
const MARKS: Tags = [
  mark('!vault'),
  mark('!vault-encrypted'),
  mark('!unsafe'),
  { tag: '!unsafe', collection: 'map', resolve: (map) => map },
  { tag: '!unsafe', collection: 'seq', resolve: (seq) => seq },
]

const offsetOf = (node: unknown): number =>
  isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0

function reader(doc: Document.Parsed, at: (node: unknown) => Place) {
  let nodes = 0
  const targets = new Map<Alias, Node | undefined>()
  const targetOf = (alias: Alias): Node | undefined => {
    if (!targets.has(alias)) targets.set(alias, alias.resolve(doc))
    return targets.get(alias)
  }
  const real = (node: unknown): unknown => (isAlias(node) ? targetOf(node) : node)

  // The last of a key counts; what a merge key brings gives way to the mapping's own.
  const pairs = (map: YAMLMap, open: readonly Node[]): readonly Pair[] => {
    const merged = map.items.filter(isMerge).flatMap(({ value }) => {
      const source = real(value)
      const sources = isSeq(source) ? [...source.items].reverse() : [source]
      return sources.map(real).flatMap((one) => (isMap(one) && !open.includes(one) ? pairs(one, [...open, one]) : []))
    })
    const own = map.items.filter((pair) => !isMerge(pair))
    return [...new Map([...merged, ...own].map((pair) => [keyOf(pair), pair])).values()]
  }

  const entries = (map: YAMLMap, open: readonly Node[]): readonly YamlEntry[] =>
    pairs(map, [...open, map]).map((pair): YamlEntry => {
      const node = real(pair.value)
      return {
        key: keyOf(pair),
        at: at(pair.key),
        entries: isMap(node) && !open.includes(node) ? entries(node, [...open, map]) : undefined,
        asVar: asVar(node, at(pair.key)),
      }
    })

  const asVar = (node: unknown, place: Place): AnsibleVar => {
    const vault: number[] = []
    let unsafe = false
    const value = (written: unknown, open: readonly Node[]): AnsibleValue => {
      nodes += 1
      if (nodes > MAX_NODES) throw new RangeError('too many nodes')
      const one = real(written)
      if (isScalar(one) && one.tag?.startsWith('!vault')) {
        vault.push(at(one).line)
        return null
      }
      if ((isScalar(one) || isMap(one) || isSeq(one)) && one.tag === '!unsafe') unsafe = true
      if (isMap(one) && !open.includes(one)) {
        return Object.fromEntries(pairs(one, []).map((pair) => [keyOf(pair), value(pair.value, [...open, one])]))
      }
      if (isSeq(one) && !open.includes(one)) return one.items.map((item) => value(item, [...open, one]))
      return isScalar(one) ? scalar(one.value, one.source) : null
    }
    return { value: value(node, []), at: place, vault, unsafe }
  }
  return { entries }
}

const isMerge = ({ key }: Pair): boolean =>
  isScalar(key) &&
  (key.value === '<<' || typeof key.value === 'symbol') &&
  (key.type === undefined || key.type === 'PLAIN')

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.source ?? key.value) : String(key))

function scalar(value: unknown, source: string | undefined): AnsibleValue {
  if (typeof value === 'bigint') return pythonNumber(value, false)
  if (typeof value === 'number') return pythonNumber(value, true)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  // Dates and bytes: as they were written.
  return value === null || value === undefined ? null : (source ?? String(value))
}

/** A list or mapping as entries have it, for what takes both: `hosts: web1` is `hosts: { web1: }`. */
export const namesIn = ({ entries, asVar }: YamlEntry): readonly string[] | undefined => {
  if (entries !== undefined) return entries.map(({ key }) => key)
  if (typeof asVar.value === 'string') return [asVar.value]
  return isAnsibleMapping(asVar.value) ? Object.keys(asVar.value) : undefined
}
