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
import { withWritten } from './written.ts'

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
  const lines = new LineCounter()
  // The library looks for keys that are there twice by comparing each with all before it; `walk` keeps those that it met.
  const options = { prettyErrors: false, stringKeys: true, merge: true, uniqueKeys: false }
  const doc = parseDocument(text, { lineCounter: lines, ...options })
  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), col: Math.max(1, col) }
  }
  const broken = tellable([...doc.errors, ...doc.warnings]).map((error) => ({
    message: sentence(error.code, error.message),
    origin: at(error.pos[0]),
  }))
  if (broken.length > 0) return { value: null, origins: new Map(), problems: broken }
  return walk(doc, file, at)
}

const sentence = (code: string, message: string): string => {
  if (code === 'MULTIPLE_DOCS') return 'only one YAML document is allowed in a file'
  if (code === 'TAB_AS_INDENT') return 'YAML is indented with spaces, this is a tab'
  return `not valid YAML: ${message}`
}

function walk(doc: Document.Parsed, file: string, at: (offset: number) => Origin): ParsedYaml {
  const origins = new Map<string, Origin>([['', { file, line: 1, col: 1 }]])
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

  const entries = (map: YAMLMap, pointer: string, open: readonly Node[]): [string, Value][] => {
    const own = map.items.filter((pair) => !isMerge(pair))
    const merged = map.items.filter(isMerge).flatMap((pair) => mergedEntries(pair, pointer, open))
    const result = new Map<string, Value>(merged)
    const brought = new Set(result.keys())
    const met = new Set<string>()
    for (const pair of own) {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      const place = pointer + step(key)
      const offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? 0
      if (met.has(key) && !doubles.has(offset)) {
        doubles.add(offset)
        problems.push({ message: 'this key is there twice in one mapping', origin: at(offset) })
      }
      met.add(key)
      // What a merge key brought under this name is replaced as a whole.
      if (brought.has(key)) forget(origins, place)
      origins.set(place, at(offset))
      result.set(key, value(pair.value, place, open))
    }
    return [...result]
  }

  // `<<: *a` or `<<: [*a, *b]`: the earlier of a list wins, and the mapping's own keys over both.
  const mergedEntries = (pair: Pair, pointer: string, open: readonly Node[]): [string, Value][] => {
    const sources = isSeq(pair.value) ? [...pair.value.items].reverse() : [pair.value]
    return sources.flatMap((source) => {
      const node = isAlias(source) ? targetOf(source) : source
      if (isMap(node) && !open.includes(node)) {
        within += 1
        const found = entries(node, pointer, [...open, node])
        within -= 1
        return found
      }
      problems.push({
        message: 'a merge key (<<) takes a mapping',
        origin: origins.get(pointer),
        path: dotted(pointer),
      })
      return []
    })
  }

  const value = (node: unknown, pointer: string, open: readonly Node[]): Value => {
    if (within > 0 && ++aliased > MAX_ALIASED_NODES) throw new RangeError('its aliases make too much of it')
    if (isAlias(node)) {
      const target = targetOf(node)
      if (target === undefined || open.includes(target)) {
        const message = target === undefined ? 'an alias of nothing' : 'an alias inside what it stands for'
        problems.push({ message: `${message}: *${node.source}`, origin: origins.get(pointer), path: dotted(pointer) })
        return null
      }
      within += 1
      const found = value(target, pointer, open)
      within -= 1
      return found
    }
    if (isMap(node)) return Object.fromEntries(entries(node, pointer, [...open, node]))
    if (isSeq(node)) {
      return node.items.map((item, i) => {
        const place = pointer + step(i)
        const start = isNodeWithRange(item) ? item.range?.[0] : undefined
        origins.set(place, start === undefined ? (origins.get(pointer) ?? at(0)) : at(start))
        return value(item, place, [...open, node])
      })
    }
    if (!isScalar(node)) return null
    const origin = origins.get(pointer)
    if (typeof node.value === 'number' && origin !== undefined && node.source !== undefined) {
      origins.set(pointer, withWritten(origin, node.source))
    }
    return scalar(node.value)
  }

  try {
    const whole = value(doc.contents, '', [])
    return { value: problems.length > 0 ? null : whole, origins, problems }
  } catch (error) {
    return { value: null, origins, problems: [{ message: `not usable YAML: ${messageOf(error)}`, origin: at(0) }] }
  }
}

const forget = (origins: Map<string, Origin>, place: string): void => {
  for (const known of origins.keys()) if (known.startsWith(`${place}/`)) origins.delete(known)
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
