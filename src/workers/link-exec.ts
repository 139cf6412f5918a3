import { Readable } from 'node:stream'
import type { Wire } from '../connection/transport.ts'
import { inlet, WINDOW } from './flow.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Bytes of input in one message. */
const PART = 256 * 1024

/** What is heard about one request. */
export interface Request {
  hear(message: Extract<FromWorker, { type: 'output' | 'credit' }>, body: Buffer): void
  done(status: number | undefined): void
  failed(why: unknown): void
}

export type SayToWorker = (message: ToWorker, body?: Uint8Array) => void

export interface LinkExec {
  readonly id: number
  readonly over: number
  readonly command: string
  readonly input: string | Buffer | Readable
  readonly wire: Wire
}

/** Has a worker run a command. @param settle told its status, or why there is none: once */
export function linkExec(
  { id, over, command, input, wire }: LinkExec,
  say: SayToWorker,
  settle: (how: { readonly status: number } | { readonly error: unknown }) => void,
): Request {
  if (input instanceof Readable) throw new Error('input that is not known beforehand')
  const bytes = Buffer.from(input)
  let at = 0
  let room = WINDOW
  const next = (): Buffer => {
    const part = bytes.subarray(at, at + Math.min(PART, room))
    at += part.length
    room -= part.length
    return part
  }
  const sendMore = () => {
    while (at < bytes.length && room > 0) {
      const part = next()
      say({ type: 'input', id, more: at < bytes.length }, part)
    }
  }
  const { taken } = inlet((granted) => say({ type: 'credit', id, bytes: granted }))
  const end = (how: Parameters<typeof settle>[0]) => {
    wire.signal.removeEventListener('abort', cancel)
    settle(how)
  }
  const cancel = () => {
    say({ type: 'cancel', id })
    end({ error: wire.signal.reason })
  }
  wire.signal.addEventListener('abort', cancel)
  const first = next()
  const within = wire.withinMs === undefined ? {} : { withinMs: Math.ceil(wire.withinMs) }
  say({ type: 'exec', id, over, command, ...within, more: at < bytes.length }, first)
  sendMore()
  return {
    hear(message, body) {
      if (message.type === 'credit') {
        room += message.bytes
        return sendMore()
      }
      wire[message.of](body)
      taken(body.length)
    },
    done: (status) =>
      end(status === undefined ? { error: new Error('a command that ended without a status') } : { status }),
    failed: (error) => end({ error }),
  }
}
