import { createPublicKey, X509Certificate } from 'node:crypto'

/** A block of PEM that may be public by its kind. The label of both its ends is the same. */
const BLOCK = /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----[\s\S]*?-----END \1-----/g

/**
 * What of a text is left to hide when the certificates and public keys in it are shown; all of it where there is none.
 * A block counts as one only where it is read as one: nothing else hides between its ends.
 */
export function withoutPublicBlocks(text: string): string[] {
  const pieces: string[] = []
  let at = 0
  for (const { 0: block, 1: label, index } of text.matchAll(BLOCK)) {
    if (!isWhatItSays(block, label)) continue
    pieces.push(text.slice(at, index))
    at = index + block.length
  }
  return [...pieces, text.slice(at)].filter((piece) => piece.trim() !== '')
}

function isWhatItSays(block: string, label: string | undefined): boolean {
  try {
    const der = label === 'CERTIFICATE' ? new X509Certificate(block).raw : publicDer(block)
    // Readers of PEM skip lines that are none of it: the block is all of what was read.
    return block.split('\n').slice(1, -1).join('').replaceAll(/\s/g, '') === der.toString('base64')
  } catch {
    return false
  }
}

const publicDer = (block: string): Buffer =>
  createPublicKey({ key: block, format: 'pem' }).export({ type: 'spki', format: 'der' })
