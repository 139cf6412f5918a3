import { PassThrough } from 'node:stream'
import type { LoginMeans } from '../../src/connection/open.ts'
import type { OpenTransport } from '../../src/connection/transport.ts'
import type { Carrier, Hearer } from '../../src/workers/carrier.ts'
import type { Message } from '../../src/workers/frames.ts'
import { overStreams } from '../../src/workers/over-streams.ts'
import { serve } from '../../src/workers/serve.ts'

export interface WorkerHere {
  /** The run's end. */
  readonly carrier: Carrier
  /** What each end has sent, in order. */
  readonly fromRun: Message[]
  readonly fromWorker: Message[]
  /** The worker is gone, as if it had been killed. */
  kill(): void
  /** It is there, and does nothing any more. */
  hang(): void
  /** What a worker would never say. */
  babble(message: Message): void
}

/** A worker in this process, over streams as a process has them. @param openBy how it logs in */
export function workerHere(openBy: (means: LoginMeans) => OpenTransport): WorkerHere {
  const [toWorker, toRun] = [new PassThrough(), new PassThrough()]
  const [fromRun, fromWorker]: Message[][] = [[], []]
  const hearers = new Set<Hearer>()
  let hangs = false
  const end = (why: string) => {
    toWorker.destroy()
    toRun.destroy()
    for (const one of hearers) one.end(why)
    hearers.clear()
  }
  const side = (input: PassThrough, output: PassThrough, sent: Message[]): Carrier => {
    const streams = overStreams({ input, output, broken: (why) => end(`said what makes no sense: ${why}`) })
    return {
      send(message) {
        sent.push(message)
        if (!output.destroyed && !hangs) streams.send(message)
      },
      hear(hearer) {
        hearers.add(hearer)
        streams.hear(hearer)
      },
      end: async () => end('was ended'),
      cut: end,
    }
  }
  const worker = side(toWorker, toRun, fromWorker ?? [])
  const carrier = side(toRun, toWorker, fromRun ?? [])
  void serve(worker, { env: {}, version: 'test', openBy })
  return {
    carrier,
    fromRun: fromRun ?? [],
    fromWorker: fromWorker ?? [],
    kill: () => end('was ended by SIGKILL'),
    hang() {
      hangs = true
    },
    babble: worker.send,
  }
}
