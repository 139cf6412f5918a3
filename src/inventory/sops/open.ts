import { messageOf, ProvisionError } from '../../errors.ts'
import { decryptValue, isEncrypted, placeOf } from './cipher.ts'
import { type SopsDocument, scalarOf, walk } from './document.ts'
import { type Leaf, leafOf } from './leaf.ts'
import { createMac, macMatches } from './mac.ts'
import type { Metadata } from './metadata.ts'
import { scopeOf } from './scope.ts'

/** A value of an encrypted file. */
export interface OpenedLeaf {
  readonly leaf: Leaf
  /** False: it stands in the file in plain sight, by the file's own rule. */
  readonly encrypted: boolean
}

/**
 * Every value of a file by its JSON pointer, after the MAC over all of them was verified.
 * @throws ProvisionError when a value or the whole was changed by something that had no key.
 */
export function openLeaves(document: SopsDocument, metadata: Metadata, key: Uint8Array): Map<string, OpenedLeaf> {
  const inScope = scopeOf(metadata)
  const mac = createMac(metadata.macOnlyEncrypted)
  const leaves = new Map<string, OpenedLeaf>()
  walk(document, {
    leaf(node, path, pointer) {
      const encrypted = inScope(path)
      const written = scalarOf(node, document)
      const leaf = encrypted ? opened(written, path, key, document, node) : leafOf(written)
      mac.add(leaf, encrypted)
      leaves.set(pointer, { leaf, encrypted })
    },
  })
  if (macMatches(metadata, key, mac.digest())) return leaves
  throw new ProvisionError(`${document.file}: MAC mismatch: it was changed by something other than sops or provision`, {
    code: 'input',
    origin: { file: document.file, line: 1, col: 1 },
    hint: 'look at its history; if the change is meant: sops edit --ignore-mac, and save it',
  })
}

function opened(
  written: unknown,
  path: readonly string[],
  key: Uint8Array,
  document: SopsDocument,
  node: unknown,
): Leaf {
  try {
    if (typeof written !== 'string') throw new Error('it is not encrypted')
    return decryptValue(written, key, placeOf(path))
  } catch (error) {
    throw new ProvisionError(`'${path.join('.')}' can't be decrypted: ${messageOf(error)}`, {
      code: 'input',
      origin: document.at(node),
      hint: 'encrypted files are written by sops or provision secrets, never by hand',
    })
  }
}

/**
 * A line of a comment as it was before it was encrypted. Comments are no part of the MAC, and sops itself takes one
 * that can't be decrypted for plain.
 * @param path of the mapping or list that it stands in; libraries differ in which that is, so the ones around are tried.
 */
export function openComment(line: string, path: readonly string[], key: Uint8Array): string {
  if (!isEncrypted(line)) return line
  for (let depth = path.length; depth >= 0; depth--) {
    try {
      const { type, bytes } = decryptValue(line, key, placeOf(path.slice(0, depth)))
      if (type === 'comment') return bytes.toString('utf8')
    } catch {
      // Not from here: the next one out.
    }
  }
  return line
}
