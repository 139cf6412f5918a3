import type { Readable, Writable } from 'node:stream'
import { messageOf } from '../errors.ts'
import type { Carrier, Hearer } from './carrier.ts'
import { framed, unframed, unpacked } from './frames.ts'

export interface StreamEnds {
  readonly input: Readable
  readonly output: Writable
  /** Told that what came was no message of this protocol: nothing more is read. */
  broken(why: string): void
}

/** Messages over a pair of streams. Whoever made them knows when they end. */
export function overStreams({ input, output, broken }: StreamEnds): Pick<Carrier, 'send'> & {
  hear(hearer: Pick<Hearer, 'message'>): void
} {
  let isCorked = false
  // Its end is told by who made it.
  output.on('error', () => {})
  return {
    send(message) {
      // What is said in one turn of the event loop, about whichever hosts, is written at once.
      if (!isCorked) {
        isCorked = true
        output.cork()
        setImmediate(() => {
          isCorked = false
          output.uncork()
        })
      }
      for (const part of framed(message)) output.write(part)
    },
    hear(hearer) {
      const take = unframed((bytes) => {
        const { head, body } = unpacked(bytes)
        hearer.message(head, body)
      })
      const onData = (part: Buffer) => {
        try {
          take(part)
        } catch (error) {
          input.off('data', onData)
          broken(messageOf(error))
        }
      }
      input.on('error', () => {})
      input.on('data', onData)
    },
  }
}
