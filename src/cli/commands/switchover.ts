import { hostCommand } from '../command.ts'
import { commaList, each } from '../host-options.ts'

interface SwitchoverFlags {
  readonly tier: readonly string[]
  /** A host. */
  readonly to: string
  readonly primaryLost: boolean
}

/** `provision switchover`: only the writes go to another server. */
export const switchover = hostCommand<SwitchoverFlags>({
  name: 'switchover',
  description: 'move the writes of a tier of MySQL servers to one of its replicas; refused, with reasons, when unsafe',
  options: (command) =>
    command
      .requiredOption('--tier <name>', 'the tier', commaList)
      .requiredOption('--to <host>', 'the server that is to take the writes')
      .option('--primary-lost', 'the server that took them is gone, and stays so: fence it as far as it can be', false),
  again: ({ tier, to, primaryLost }) => [
    ...each('--tier', tier),
    '--to',
    to,
    ...(primaryLost ? ['--primary-lost'] : []),
  ],
  async carryOut(input, { tier, to, primaryLost }, edges) {
    const { switchover } = await import('../../products/mysql/switchover/switchover.ts')
    return switchover({ ...input, tiers: tier, to, primaryLost }, edges)
  },
})
