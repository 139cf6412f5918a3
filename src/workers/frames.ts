/** A message: data in JSON, and bytes that go as they are. */
export interface Message {
  readonly head: object
  readonly body?: Uint8Array | undefined
}

/** Longer ones are no messages: parts of input and output are far shorter. */
const LONGEST = 4 * 1024 * 1024
const LENGTH = 4
const NOTHING = Buffer.alloc(0)
/** Bytes of a body that are not worth a part of their own. */
const SHORT = 4096

/** A message for a carrier that keeps messages apart: the length of the head, the head, the body. */
export const packed = (message: Message): Uint8Array[] => pack(message, 0)

/** @throws Error when that is no message */
export function unpacked(bytes: Buffer): { readonly head: unknown; readonly body: Buffer } {
  if (bytes.length < LENGTH) throw new Error('a message without a head')
  const end = LENGTH + bytes.readUInt32BE(0)
  if (end > bytes.length) throw new Error('a message whose head is cut short')
  const head: unknown = JSON.parse(bytes.toString('utf8', LENGTH, end))
  return { head, body: bytes.subarray(end) }
}

/** The same for a stream of bytes: each message with its length before it. */
export function framed(message: Message): Uint8Array[] {
  const parts = pack(message, LENGTH)
  parts[0].writeUInt32BE(parts.reduce((sum, { length }) => sum + length, -LENGTH))
  return parts
}

/** @param before bytes left free at the beginning. A short body is copied: one part is cheaper to write than two. */
function pack({ head, body = NOTHING }: Message, before: number): [Buffer, ...Uint8Array[]] {
  const text = JSON.stringify(head)
  const size = Buffer.byteLength(text)
  const copied = body.length <= SHORT ? body.length : 0
  const first = Buffer.allocUnsafe(before + LENGTH + size + copied)
  first.writeUInt32BE(size, before)
  first.write(text, before + LENGTH)
  if (copied === body.length) first.set(body, before + LENGTH + size)
  return copied === body.length ? [first] : [first, body]
}

/**
 * Takes messages out of a stream of bytes, however it is cut.
 * @returns to be given each part. @throws Error when those are no messages
 */
export function unframed(hear: (message: Buffer) => void): (part: Buffer) => void {
  let parts: Buffer[] = []
  let size = 0
  /** Of the message that is begun; undefined: its length is not known yet. */
  let wanted: number | undefined
  const take = (length: number): Buffer => {
    const [first = NOTHING] = parts
    const all = parts.length === 1 ? first : Buffer.concat(parts)
    parts = all.length > length ? [all.subarray(length)] : []
    size -= length
    return all.subarray(0, length)
  }
  return (part) => {
    parts.push(part)
    size += part.length
    while (size >= (wanted ?? LENGTH)) {
      if (wanted === undefined) {
        wanted = take(LENGTH).readUInt32BE(0)
        if (wanted > LONGEST) throw new Error(`a message of ${wanted} bytes`)
      } else {
        const message = take(wanted)
        wanted = undefined
        hear(message)
      }
    }
  }
}
