import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  parseDocument,
  type Scalar,
  type Tags,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml'

/**
 * A hosts.yml as a document of which any part can be changed by itself: comments, layout and numbers (`0042`, `1.10`) stay as
 * they were written; what stands for another place (aliases, merge keys) is written out.
 */
export function changeable(text: string): Document {
  const document: Document = parseDocument(text, { customTags: numbersAsWritten })
  const targets = aliasesOf(document)
  if (targets.size > 0) document.contents = writtenOut(document.contents, targets)
  return document
}

const numbersAsWritten = (tags: Tags): Tags =>
  tags.map((tag) =>
    typeof tag === 'object' && tag.collection === undefined && /:(int|float)$/.test(tag.tag)
      ? { ...tag, stringify: (node, ...rest) => node.source ?? tag.stringify?.(node, ...rest) ?? String(node.value) }
      : tag,
  )

type Targets = ReadonlyMap<unknown, Node | undefined>

function aliasesOf(document: Document): Targets {
  const targets = new Map<unknown, Node | undefined>()
  visit(document, { Alias: (_, alias) => void targets.set(alias, alias.resolve(document)) })
  return targets
}

/** A copy of a node, with no part that is also a part of another. */
function writtenOut(node: unknown, targets: Targets): Node | null {
  const target = isAlias(node) ? targets.get(node) : node
  if (isMap(target)) {
    const copy = looksLike(new YAMLMap(), target)
    const own = target.items.filter((pair) => !isMerge(pair))
    const names = new Set(own.map((pair) => nameOf(pair)))
    copy.items = [
      ...own.map((pair) => new Pair(writtenOut(pair.key, targets), writtenOut(pair.value, targets))),
      ...merged(target, targets).items.filter((pair) => !names.has(nameOf(pair))),
    ]
    return copy
  }
  if (isSeq(target)) {
    const copy = looksLike(new YAMLSeq(), target)
    copy.items = target.items.map((item) => writtenOut(item, targets))
    return copy
  }
  if (!isScalar(target)) return null
  const copy: Scalar = target.clone() as Scalar
  delete copy.anchor
  return copy
}

/** What merge keys bring into a mapping: of a list the earlier wins. */
function merged(map: YAMLMap, targets: Targets): YAMLMap {
  const sources = map.items.filter(isMerge).flatMap(({ value }) => (isSeq(value) ? value.items : [value]))
  const found = new YAMLMap()
  for (const source of sources) {
    const whole = writtenOut(source, targets)
    if (!isMap(whole)) continue
    found.items.push(...whole.items.filter((pair) => !found.items.some((known) => nameOf(known) === nameOf(pair))))
  }
  return found
}

function looksLike<Copy extends YAMLMap | YAMLSeq>(
  copy: Copy,
  { flow, comment, commentBefore, spaceBefore }: YAMLMap | YAMLSeq,
): Copy {
  return Object.assign(copy, { flow, comment, commentBefore, spaceBefore })
}

const nameOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key)

const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.value === '<<' && key.type === 'PLAIN'
