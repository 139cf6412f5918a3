import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { type Origin, ProvisionError } from '../../errors.ts'
import { step } from '../../problems/pointer.ts'

/** A YAML file as SOPS sees it: values in their order, comments, and where each was written. */
export interface SopsDocument {
  readonly doc: Document
  readonly root: YAMLMap
  readonly file: string
  at(node: unknown): Origin
}

/** The key of the mapping that SOPS keeps its own data in. */
export const SOPS_KEY = 'sops'

/**
 * Parses a file for SOPS. Whole numbers become bigints, so that they keep all their digits.
 * @throws ProvisionError when it is not a single YAML mapping.
 */
export function parseSops(text: string, file: string): SopsDocument {
  const lines = new LineCounter()
  const doc = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    intAsBigInt: true,
  })
  const at = (node: unknown): Origin => {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
    const { line, col } = lines.linePos(range?.[0] ?? 0)
    return { file, line: Math.max(1, line), col: Math.max(1, col) }
  }
  const [error] = [...doc.errors, ...doc.warnings]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new ProvisionError(`not valid YAML: ${reasonOf(error.code)}`, { code: 'input', origin: { file, line, col } })
  }
  const root: unknown = doc.contents
  if (root !== null && !isMap(root)) {
    throw new ProvisionError('a file of vars must be a mapping of names to values', { code: 'input', origin: at(root) })
  }
  return { doc, root: root ?? doc.createNode({}), file, at }
}

/** The parser's own sentences may quote what was written, and that is secret here. */
const reasonOf = (code: string): string => code.toLowerCase().replaceAll('_', ' ')

export interface Visitor {
  /** A value that is not null. `path`: the keys on the way; lists add nothing to it. */
  leaf(node: Scalar, path: readonly string[], pointer: string): void
  key?(node: Scalar): void
  collection?(node: YAMLMap | YAMLSeq): void
  /** Each line of a comment, as it stands after the `#`; `path` is that of the mapping or list it stands in. */
  comment?(line: string, path: readonly string[]): string
}

/**
 * Goes through all values in the order in which they are written, which is the order of the MAC; the mapping of SOPS
 * itself is left out.
 * @throws ProvisionError for what no file of SOPS holds: aliases, keys that are no text.
 */
export function walk({ doc, root, at }: SopsDocument, visitor: Visitor): void {
  const comments = (holder: Commented, path: readonly string[]): void => {
    const { comment } = visitor
    if (comment === undefined) return
    if (holder.commentBefore) holder.commentBefore = eachLine(holder.commentBefore, (line) => comment(line, path))
    if (holder.comment) holder.comment = eachLine(holder.comment, (line) => comment(line, path))
  }
  const entry = (pair: Pair, path: readonly string[], pointer: string): void => {
    if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
      throw new ProvisionError('a key must be text', { code: 'input', origin: at(pair.key) })
    }
    const key = pair.key.value
    comments(pair.key, path)
    visitor.key?.(pair.key)
    if (path.length > 0 || key !== SOPS_KEY) value(pair.value, path, [...path, key], pointer + step(key))
  }
  const value = (node: unknown, outer: readonly string[], path: readonly string[], pointer: string): void => {
    if (isAlias(node)) {
      throw new ProvisionError('aliases are not possible in an encrypted file', { code: 'input', origin: at(node) })
    }
    if (isMap(node) || isSeq(node)) visitor.collection?.(node)
    if (isMap(node)) {
      comments(node, path)
      for (const pair of node.items) entry(pair, path, pointer)
    } else if (isSeq(node)) {
      comments(node, path)
      node.items.forEach((item, i) => {
        value(item, path, path, pointer + step(i))
      })
    } else if (isScalar(node)) {
      comments(node, outer)
      if (node.value !== null && node.value !== undefined) visitor.leaf(node, path, pointer)
    }
  }
  comments(doc, [])
  value(root, [], [], '')
}

interface Commented {
  commentBefore?: string | null | undefined
  comment?: string | null | undefined
}

const eachLine = (text: string, change: (line: string) => string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : change(line)))
    .join('\n')

/** The plain value of a leaf. @throws ProvisionError when it is none that SOPS knows. */
export function scalarOf(node: Scalar, { at }: SopsDocument): string | number | bigint | boolean {
  const { value } = node
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value
  throw new ProvisionError('a value must be text, a number, true or false', { code: 'input', origin: at(node) })
}

/** The data of the SOPS mapping; undefined when the file has none, and so is not encrypted. */
export function sopsData({ root }: SopsDocument): unknown {
  const found = root.get(SOPS_KEY, true)
  return found === undefined ? undefined : toPlain(found)
}

/** Bigints are of no use in metadata. */
const toPlain = (node: unknown): unknown => {
  if (isMap(node)) {
    return Object.fromEntries(
      node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', toPlain(pair.value)]),
    )
  }
  if (isSeq(node)) return node.items.map(toPlain)
  if (isScalar(node)) return typeof node.value === 'bigint' ? Number(node.value) : node.value
  return null
}

/** The text of a file, indented as sops does and with no line folded. */
export function printed({ doc }: SopsDocument): string {
  return doc.toString({ indent: 4, lineWidth: 0 })
}

/** YAML 1.1, which sops reads in parts, takes some texts for something else: 1_000 for a number, 2024-01-01 for a time. */
export function quoteDoubtful(node: Scalar): void {
  if (typeof node.value !== 'string' || !DOUBTFUL.test(node.value)) return
  if (node.type === undefined || node.type === Scalar.PLAIN) node.type = Scalar.QUOTE_DOUBLE
}

const DOUBTFUL = /^(?:y|n|yes|no|on|off)$|^[-+.]?\d.*$/i
