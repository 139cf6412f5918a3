import { randomBytes } from 'node:crypto'
import { isMap, isScalar, type Pair, Scalar } from 'yaml'
import { messageOf, ProvisionError } from '../../errors.ts'
import { placeOf } from './cipher.ts'
import type { CreationRule } from './creation-rules.ts'
import { wrapDataKey } from './data-key.ts'
import { parseSops, printed, quoteDoubtful, SOPS_KEY, type SopsDocument, sopsData, walk } from './document.ts'
import { type Leaf, secretValueOf } from './leaf.ts'
import { type Metadata, metadataFrom } from './metadata.ts'
import { openComment, openLeaves } from './open.ts'
import { createStash, type Stash, sealDocument } from './seal.ts'
import { type Keyring, noKeyFor } from './unlock.ts'

/** The version of SOPS whose format is written. */
const FORMAT_VERSION = '3.9.0'

/** An encrypted file in hand: what is needed to show it in the clear and to write it again. */
export interface OpenFile {
  /** In the clear, without SOPS' own mapping. */
  readonly plain: SopsDocument
  readonly metadata: Pick<Metadata, 'rule' | 'macOnlyEncrypted'>
  readonly key: Uint8Array
  readonly stash: Stash
  /** SOPS' own mapping, as it will be written but for the MAC and the time. */
  readonly own: Pair
}

/**
 * Opens an encrypted file to change it.
 * @throws ProvisionError when no key opens it, its MAC does not match, or sops alone can write it.
 */
export async function openFile(text: string, file: string, keyring: Keyring): Promise<OpenFile> {
  const document = parseSops(text, file)
  const metadata = readMetadata(document)
  const key = await keyring.open(metadata)
  if (key === undefined) {
    const { message, hint } = await noKeyFor([file], metadata, keyring)
    throw new ProvisionError(message, { code: 'input', origin: { file, line: 1, col: 1 }, hint })
  }
  const leaves = openLeaves(document, metadata, key)
  const stash = createStash()
  walk(document, {
    leaf(node, path, pointer) {
      const opened = leaves.get(pointer)
      if (opened?.encrypted !== true || typeof node.value !== 'string') return
      stash.add(opened.leaf, placeOf(path), node.value)
      node.value = editable(opened.leaf)
      plainForm(node)
    },
    comment(line, path) {
      const opened = openComment(line, path, key)
      if (opened !== line) stash.add({ type: 'comment', bytes: Buffer.from(opened) }, placeOf(path), line)
      return opened
    },
  })
  return { plain: document, metadata, key, stash, own: takeOwn(document) }
}

function readMetadata(document: SopsDocument): Metadata {
  const { file } = document
  const data = sopsData(document)
  const origin = { file, line: 1, col: 1 }
  if (data === undefined) {
    const hint = `sops --encrypt --in-place ${file}`
    throw new ProvisionError(`${file} is not encrypted`, { code: 'input', origin, hint })
  }
  try {
    return metadataFrom(data)
  } catch (error) {
    throw new ProvisionError(`${file}: ${messageOf(error)}`, { code: 'input', origin })
  }
}

/** Whole numbers keep all their digits. */
const editable = (leaf: Leaf): string | number | boolean | bigint =>
  leaf.type === 'int' ? BigInt(leaf.bytes.toString()) : secretValueOf(leaf)

const plainForm = (node: Scalar): void => {
  delete node.type
  delete node.source
  quoteDoubtful(node)
}

/** Takes SOPS' mapping out; a comment above it is the last one of the file. */
function takeOwn({ root }: SopsDocument): Pair {
  const at = root.items.findIndex(({ key }) => isScalar(key) && key.value === SOPS_KEY)
  const [own] = root.items.splice(at, 1)
  if (own === undefined) throw new RangeError('no sops mapping')
  if (isScalar(own.key) && own.key.commentBefore) {
    root.comment = [root.comment, own.key.commentBefore].filter(Boolean).join('\n')
    own.key.commentBefore = null
  }
  return own
}

/**
 * A new encrypted file, empty as yet.
 * @throws ProvisionError when a recipient of the rule is none.
 */
export async function newFile(file: string, { recipients, rule, macOnlyEncrypted }: CreationRule): Promise<OpenFile> {
  const key = randomBytes(32)
  const plain = parseSops('', file)
  plain.doc.contents = plain.root
  try {
    const own = plain.doc.createPair(SOPS_KEY, {
      age: await wrapDataKey(key, recipients),
      lastmodified: '',
      mac: '',
      [rule.kind]: rule.text,
      ...(macOnlyEncrypted ? { mac_only_encrypted: true } : {}),
      version: FORMAT_VERSION,
    })
    return { plain, metadata: { rule, macOnlyEncrypted }, key, stash: createStash(), own }
  } catch (error) {
    throw new ProvisionError(`the recipients of .sops.yaml for ${file} can't be used: ${messageOf(error)}`, {
      code: 'input',
    })
  }
}

/** The text of the file with its values encrypted. The document in the clear is used up. */
export function sealFile(
  plain: SopsDocument,
  { metadata, key, stash, own }: Omit<OpenFile, 'plain'>,
  now: Date,
): string {
  const { doc, root } = plain
  if (root.has(SOPS_KEY)) {
    throw new ProvisionError(`'${SOPS_KEY}' is no name for a var: SOPS keeps its own data there`, {
      code: 'input',
      origin: plain.at(root),
    })
  }
  doc.contents = root
  // RFC 3339 without fractions, as Go prints it: it is authenticated with the MAC.
  const lastModified = now.toISOString().replace(/\.\d+Z$/, 'Z')
  const mac = sealDocument(plain, metadata, key, lastModified, stash)
  if (isMap(own.value)) {
    own.value.set('lastmodified', quoted(lastModified))
    own.value.set('mac', mac)
  }
  const trailing = [root.comment, doc.comment].filter(Boolean).join('\n')
  if (trailing !== '' && isScalar(own.key)) own.key.commentBefore = trailing
  root.comment = null
  doc.comment = null
  root.add(own)
  return printed(plain)
}

/** Plain, a time would be one in YAML 1.1, and no text. */
const quoted = (text: string): Scalar => {
  const node = new Scalar(text)
  node.type = Scalar.QUOTE_DOUBLE
  return node
}
