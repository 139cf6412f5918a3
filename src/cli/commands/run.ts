import { hostCommand } from '../command.ts'
import { type SwitchoverTo, switchoverTo } from './switchover-to.ts'

interface RunFlags extends SwitchoverTo {
  /** The name of a run; true: the last one. */
  readonly retry?: string | true
}

/** `provision` itself: brings hosts to their declared state. */
export const run = hostCommand<RunFlags>({
  description: () => 'Brings hosts to the state that roles declare, over plain SSH. Nothing is installed on them.',
  options: (command, cli) =>
    switchoverTo
      .option(command, cli)
      .option(
        '--retry [run]',
        'once more what failed or was not begun in the last run, or in that one: provision history',
      ),
  again: switchoverTo.again,
  async instead(flags) {
    if (flags.retry === undefined) return undefined
    const { retryWords } = await import('../retry.ts')
    return (await retryWords(flags.retry, flags, (line) => process.stderr.write(`${line}\n`))) ?? 'none'
  },
  async carryOut(input, own, edges, cli) {
    const { run } = await import('../../run/run.ts')
    return run({ ...input, switchover: await switchoverTo.request(own, cli) }, edges)
  },
})
