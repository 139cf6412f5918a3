import { hostCommand } from '../command.ts'
import { commaList, each } from '../host-options.ts'
import { type SwitchoverTo, switchoverTo } from './switchover-to.ts'

interface UpgradeFlags extends SwitchoverTo {
  readonly tier: readonly string[]
}

/** `provision upgrade`: newer packages. */
export const upgrade = hostCommand<UpgradeFlags>({
  name: 'upgrade',
  description: () =>
    'bring packages to the newest versions that the roles allow, tier by tier, each host out of service meanwhile',
  options: (command, cli) =>
    switchoverTo.option(command, cli).option('--tier <names>', 'only these tiers; commas or repeated', commaList, []),
  again: (own) => [...each('--tier', own.tier), ...switchoverTo.again(own)],
  async carryOut(input, own, edges, cli) {
    const { run } = await import('../../run/run.ts')
    return run({ ...input, tiers: own.tier, upgrade: true, switchover: await switchoverTo.request(own, cli) }, edges)
  },
})
