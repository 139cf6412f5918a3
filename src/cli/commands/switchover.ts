import { failoversOf } from '../../run/failover/product.ts'
import { hostCommand, withPrimary } from '../command.ts'
import { commaList, each } from '../host-options.ts'

interface SwitchoverFlags {
  readonly tier: readonly string[]
  /** A host. */
  readonly to: string
  readonly primaryLost: boolean
}

/** `provision switchover`: another host of a tier becomes the primary, and nothing else is changed. */
export const switchover = hostCommand<SwitchoverFlags>({
  name: 'switchover',
  onlyWithPrimary: true,
  description: (cli) =>
    `make another host of a tier (of ${withPrimary(cli)} servers) the primary; refused, with reasons, when unsafe`,
  options: (command) =>
    command
      .requiredOption('--tier <name>', 'the tier', commaList)
      .requiredOption('--to <host>', 'the host that is to be the primary')
      .option('--primary-lost', 'the primary is gone, and stays so: fence it as far as it can be', false),
  again: ({ tier, to, primaryLost }) => [
    ...each('--tier', tier),
    '--to',
    to,
    ...(primaryLost ? ['--primary-lost'] : []),
  ],
  async carryOut(input, { tier, to, primaryLost }, edges, { products }) {
    const [{ switchover }, failovers] = await Promise.all([
      import('../../run/failover/switchover.ts'),
      failoversOf(products),
    ])
    return switchover({ ...input, tiers: tier, to, primaryLost, failovers }, edges)
  },
})
