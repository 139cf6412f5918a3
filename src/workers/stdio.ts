import { overStreams } from './over-streams.ts'
import { serve } from './serve.ts'

/** Milliseconds for closing what is open, when the run is gone. */
const CLOSE_MS = 1500

/** Serves a run over standard input and output, until that ends. @param version of this program */
export async function serveStdio(version: string): Promise<void> {
  // What these mean is decided by the run: it is told so itself, and ends its workers.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const { stdin: input, stdout: output } = process
  if (input.isTTY) {
    console.error('error: `provision worker` is started by a run, which speaks to it')
    process.exitCode = 1
    return
  }
  const streams = overStreams({
    input,
    output,
    broken(why) {
      console.error(`error: ${why}`)
      process.exit(1)
    },
  })
  await serve(
    {
      send: streams.send,
      hear(hearer) {
        streams.hear(hearer)
        let isOver = false
        const over = () => {
          if (isOver) return
          isOver = true
          setTimeout(() => process.exit(0), CLOSE_MS)
          hearer.end('ended')
        }
        input.once('end', over).once('close', over)
      },
      end: async () => {
        output.end()
      },
      cut: () => process.exit(1),
    },
    { env: process.env, version },
  )
  process.exit(0)
}
