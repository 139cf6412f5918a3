import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml'
import { messageOf, type Origin, type Problem } from '../errors.ts'
import { dotted, step } from '../problems/pointer.ts'
import type { FileOrigins, Value } from './inventory.ts'
import { lineCounterOf, originIn, originsOf, type Place } from './places.ts'
import { readPlainYaml } from './plain-yaml.ts'

export interface ParsedYaml {
  /** Plain data; null for an empty document or one with problems. */
  readonly value: Value
  /** By JSON pointer: an entry of a mapping is where its key stands, an element where it begins, `''` the whole. */
  readonly origins: FileOrigins
  readonly problems: readonly Problem[]
}

export interface YamlFile extends ParsedYaml {
  /** Relative to the project, as in messages. */
  readonly file: string
}

/** More nodes than a person means by aliases: some that multiply (a billion laughs). What is written out has no limit. */
const MAX_ALIASED_NODES = 100_000

/** One slip of the pen makes the parser complain about all that follows, so only the first counts. */
const tellable = (errors: readonly YAMLError[]): readonly YAMLError[] => errors.slice(0, 1)

/**
 * Reads YAML 1.2 (anchors and merge keys work) and keeps where each value was written.
 * @param file as it is to be printed in messages.
 */
export function parseYaml(text: string, file: string): ParsedYaml {
  const plain = readPlainYaml(text)
  if (plain === undefined) return parseAnyYaml(text, file)
  let lines: LineCounter | undefined
  const at = originIn(file, () => (lines ??= lineCounterOf(text)))
  return { value: plain.value, origins: originsOf(plain.place, at), problems: [] }
}

/** The same by the library, which knows all of YAML and says what is wrong with it. */
export function parseAnyYaml(text: string, file: string): ParsedYaml {
  const lines = new LineCounter()
  // The library looks for keys that are there twice by comparing each with all before it; `walk` keeps those that it met.
  const options = { prettyErrors: false, stringKeys: true, merge: true, uniqueKeys: false }
  const doc = parseDocument(text, { lineCounter: lines, ...options })
  const at = originIn(file, () => lines)
  const broken = tellable([...doc.errors, ...doc.warnings]).map((error) => ({
    message: sentence(error.code, error.message),
    origin: at(error.pos[0]),
  }))
  if (broken.length > 0) return { value: null, origins: new Map(), problems: broken }
  return walk(doc, at)
}

const sentence = (code: string, message: string): string => {
  if (code === 'MULTIPLE_DOCS') return 'only one YAML document is allowed in a file'
  if (code === 'TAB_AS_INDENT') return 'YAML is indented with spaces, this is a tab'
  return `not valid YAML: ${message}`
}

interface Found extends Omit<Place, 'at'> {
  readonly value: Value
}

type Entries = ReadonlyMap<string, Found & Place>

function walk(doc: Document.Parsed, originAt: (offset: number) => Origin): ParsedYaml {
  const problems: Problem[] = []
  let aliased = 0
  /** How many aliases stand around what is looked at. */
  let within = 0
  const doubles = new Set<number>()
  const targets = new Map<Alias, Node | undefined>()
  // The library looks through the whole document each time.
  const targetOf = (alias: Alias): Node | undefined => {
    if (!targets.has(alias)) targets.set(alias, alias.resolve(doc))
    return targets.get(alias)
  }
  const wrong = (message: string, { at, pointer }: Spot) =>
    problems.push({ message, origin: originAt(at), path: dotted(pointer) })

  const entries = (map: YAMLMap, around: Spot, open: readonly Node[]): Entries => {
    const own = map.items.filter((pair) => !isMerge(pair))
    // What a merge key brought under a name is replaced as a whole.
    const result = new Map(map.items.filter(isMerge).flatMap((pair) => mergedEntries(pair, around, open)))
    const met = new Set<string>()
    for (const pair of own) {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      const at = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? 0
      if (met.has(key) && !doubles.has(at)) {
        doubles.add(at)
        problems.push({ message: 'this key is there twice in one mapping', origin: originAt(at) })
      }
      met.add(key)
      result.set(key, { at, ...value(pair.value, { at, pointer: around.pointer + step(key) }, open) })
    }
    return result
  }

  // `<<: *a` or `<<: [*a, *b]`: the earlier of a list wins, and the mapping's own keys over both.
  const mergedEntries = (pair: Pair, around: Spot, open: readonly Node[]): [string, Found & Place][] => {
    const sources = isSeq(pair.value) ? [...pair.value.items].reverse() : [pair.value]
    return sources.flatMap((source) => {
      const node = isAlias(source) ? targetOf(source) : source
      if (isMap(node) && !open.includes(node)) {
        within += 1
        const found = entries(node, around, [...open, node])
        within -= 1
        return [...found]
      }
      wrong('a merge key (<<) takes a mapping', around)
      return []
    })
  }

  const value = (node: unknown, spot: Spot, open: readonly Node[]): Found => {
    if (within > 0 && ++aliased > MAX_ALIASED_NODES) throw new RangeError('its aliases make too much of it')
    if (isAlias(node)) {
      const target = targetOf(node)
      if (target === undefined || open.includes(target)) {
        const what = target === undefined ? 'an alias of nothing' : 'an alias inside what it stands for'
        wrong(`${what}: *${node.source}`, spot)
        return { value: null }
      }
      within += 1
      const found = value(target, spot, open)
      within -= 1
      return found
    }
    if (isMap(node)) {
      const found = entries(node, spot, [...open, node])
      return { value: Object.fromEntries([...found].map(([key, one]) => [key, one.value])), inside: found }
    }
    if (isSeq(node)) {
      const found = node.items.map((item, i) => {
        const at = (isNodeWithRange(item) ? item.range?.[0] : undefined) ?? spot.at
        return { at, ...value(item, { at, pointer: spot.pointer + step(i) }, [...open, node]) }
      })
      return { value: found.map((one) => one.value), inside: found }
    }
    if (!isScalar(node)) return { value: null }
    const written = typeof node.value === 'number' ? node.source : undefined
    return { value: scalar(node.value), written }
  }

  const origins = (whole: Found) => originsOf({ ...whole, at: 0 }, originAt)
  try {
    const whole = value(doc.contents, { at: 0, pointer: '' }, [])
    return { value: problems.length > 0 ? null : whole.value, origins: origins(whole), problems }
  } catch (error) {
    const message = `not usable YAML: ${messageOf(error)}`
    return { value: null, origins: origins({ value: null }), problems: [{ message, origin: originAt(0) }] }
  }
}

/** Where one is, for what there is to say of it. */
interface Spot {
  readonly at: number
  readonly pointer: string
}

// With merge on, the library gives the key `<<` a symbol's or a string's form by version; its source is the same.
const isMerge = (pair: Pair): boolean =>
  isScalar(pair.key) &&
  (pair.key.value === '<<' || typeof pair.key.value === 'symbol') &&
  (pair.key.type === undefined || pair.key.type === 'PLAIN')

const isNodeWithRange = (node: unknown): node is Node => isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)

const scalar = (value: unknown): Value => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return value === null || value === undefined ? null : String(value)
}
