import { hostCommand } from '../command.ts'
import { commaList, each } from '../host-options.ts'

interface RollbackFlags {
  readonly tier: readonly string[]
  /** A version. */
  readonly to?: string
}

/** `provision rollback`: what was there before. */
export const rollback = hostCommand<RollbackFlags>({
  name: 'rollback',
  description: () =>
    'take a tier back to the release that it had before, each host out of service meanwhile; nothing else',
  options: (command) =>
    command
      .requiredOption('--tier <names>', 'the tiers; commas or repeated', commaList)
      .option('--to <version>', 'to this release, which the hosts must still have (default: the one before)'),
  again: ({ tier, to }) => [...each('--tier', tier), ...each('--to', to === undefined ? [] : [to])],
  async carryOut(input, { tier, to }, edges) {
    const { run } = await import('../../run/run.ts')
    return run({ ...input, tiers: tier, rollback: { to } }, edges)
  },
})
