import type { Scalar } from 'yaml'
import { encryptValue, isEncrypted, placeOf } from './cipher.ts'
import { quoteDoubtful, type SopsDocument, scalarOf, walk } from './document.ts'
import { type Leaf, leafOf } from './leaf.ts'
import { createMac, sealMac } from './mac.ts'
import type { Metadata } from './metadata.ts'
import { scopeOf } from './scope.ts'

/** Ciphertexts of a file's former state: what has not changed is written as it was, so that a diff shows what has. */
export interface Stash {
  find(leaf: Leaf, place: string): string | undefined
  add(leaf: Leaf, place: string, written: string): void
}

export function createStash(): Stash {
  const known = new Map<string, string>()
  const id = ({ type, bytes }: Leaf, place: string): string => `${type} ${bytes.toString('base64')} ${place}`
  return {
    find: (leaf, place) => known.get(id(leaf, place)),
    add(leaf, place, written) {
      known.set(id(leaf, place), written)
    },
  }
}

/**
 * Encrypts a plain document in place: values and comments, by the file's rule.
 * @param lastModified RFC 3339; it is authenticated with the MAC
 * @returns the MAC as it is written into the file
 */
export function sealDocument(
  document: SopsDocument,
  metadata: Pick<Metadata, 'rule' | 'macOnlyEncrypted'>,
  key: Uint8Array,
  lastModified: string,
  stash: Stash,
): string {
  const inScope = scopeOf(metadata)
  const mac = createMac(metadata.macOnlyEncrypted)
  const sealed = (leaf: Leaf, place: string): string => stash.find(leaf, place) ?? encryptValue(leaf, key, place)
  walk(document, {
    leaf(node, path) {
      const encrypted = inScope(path)
      const leaf = leafOf(scalarOf(node, document))
      mac.add(leaf, encrypted)
      if (encrypted) {
        node.value = sealed(leaf, placeOf(path))
        forgetForm(node)
      } else quoteDoubtful(node)
    },
    key: quoteDoubtful,
    collection(node) {
      // One value a line, or a diff would show a whole list for one element.
      node.flow = false
    },
    comment(line, path) {
      if (!inScope(path) || isEncrypted(line)) return line
      return sealed({ type: 'comment', bytes: Buffer.from(line) }, placeOf(path))
    },
  })
  return sealMac(mac.digest(), key, lastModified)
}

/** A block text or a hexadecimal number is one no more. */
const forgetForm = (node: Scalar): void => {
  delete node.type
  delete node.format
  delete node.source
  delete node.minFractionDigits
  delete node.tag
}
