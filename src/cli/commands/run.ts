import { hostCommand } from '../command.ts'
import { type SwitchoverTo, switchoverTo } from './switchover-to.ts'

/** `provision` itself: brings hosts to their declared state. */
export const run = hostCommand<SwitchoverTo>({
  description: () => 'Brings hosts to the state that roles declare, over plain SSH. Nothing is installed on them.',
  options: switchoverTo.option,
  again: switchoverTo.again,
  async carryOut(input, own, edges, cli) {
    const { run } = await import('../../run/run.ts')
    return run({ ...input, switchover: await switchoverTo.request(own, cli) }, edges)
  },
})
