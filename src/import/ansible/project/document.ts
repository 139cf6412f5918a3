import { Document, isMap, isScalar, type Node, parseDocument, Scalar, visit } from 'yaml'
import { type AnsibleValue, floatOf, isWholeFloat } from '../parse/value.ts'
import type { Change } from './changes.ts'

/** What a file says, for comparing. */
export const plainData = (data: unknown): unknown => JSON.parse(JSON.stringify(simple(data)))

/** Numbers such as 1.0 keep their look in YAML, and are numbers in JSON. */
function simple(data: unknown): unknown {
  if (isWholeFloat(data)) return floatOf(data)
  if (Array.isArray(data)) return data.map(simple)
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, one]: [string, unknown]) => [key, simple(one)]))
}

/** A new file. @param comment its first lines */
export function newDocument(data: unknown, comment: string): string {
  const doc = new Document({})
  doc.contents = doc.createNode(withNodes(data))
  tidy(doc.contents)
  return print(doc, comment)
}

/** A file with changes made to it; its comments and its order stay. Undefined: nothing is left in it. */
export function changedDocument(text: string, changes: readonly Change[]): string | undefined {
  const doc: Document = parseDocument(text)
  for (const { path, after } of changes) {
    if (after === undefined) {
      doc.deleteIn(path)
      continue
    }
    const node = doc.createNode(withNodes(after))
    tidy(node)
    // What was an empty file, or an empty mapping, gets the way there.
    for (let depth = 0; depth < path.length; depth += 1) {
      const inside = depth === 0 ? doc.contents : doc.getIn(path.slice(0, depth), true)
      if (isMap(inside)) continue
      if (depth === 0) doc.contents = doc.createNode({})
      else doc.setIn(path.slice(0, depth), doc.createNode({}))
    }
    doc.setIn(path, node)
  }
  const isEmpty = doc.contents === null || (isMap(doc.contents) && doc.contents.items.length === 0)
  return isEmpty ? undefined : print(doc)
}

const print = (doc: Document, comment?: string): string =>
  `${comment === undefined || comment === '' ? '' : `${comment.replaceAll(/^/gm, '# ')}\n`}${doc.toString({ lineWidth: 120, flowCollectionPadding: true })}`

function withNodes(data: unknown): unknown {
  if (isWholeFloat(data)) {
    const scalar = new Scalar(floatOf(data))
    scalar.minFractionDigits = 1
    return scalar
  }
  if (Array.isArray(data)) return data.map(withNodes)
  if (typeof data !== 'object' || data === null) return data
  return Object.fromEntries(Object.entries(data).map(([key, one]: [string, unknown]) => [key, withNodes(one)]))
}

/** Short lists and mappings of plain values stand in one line, as people write them; a key `<<` is one, and merges nothing. */
function tidy(node: Node | null): void {
  if (node === null) return
  visit(node, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '<<') key.type = 'QUOTE_DOUBLE'
    },
    Seq: (_, seq) => {
      if (seq.items.every(isScalar) && !seq.items.some(isLong)) seq.flow = true
    },
    Map: (key, map) => {
      const isInner = key !== null && map !== node
      const values = map.items.map(({ value }) => value)
      if (isInner && values.length <= 2 && values.every(isScalar) && !values.some(isLong)) map.flow = true
    },
  })
}

const isLong = (node: unknown): boolean =>
  isScalar(node) && typeof node.value === 'string' && /\n|.{60}/.test(node.value)

/** A var as it would be written, alone in a file. */
export const varDocument = (name: string, value: AnsibleValue): string => newDocument({ [name]: value }, '')
