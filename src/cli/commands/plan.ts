import { InvalidArgumentError } from 'commander'
import { validFor } from '../../sealed/validity.ts'
import { hostCommand } from '../command.ts'
import { commaList, each } from '../host-options.ts'
import { type SwitchoverTo, switchoverTo } from './switchover-to.ts'

interface PlanFlags extends SwitchoverTo {
  readonly tier: readonly string[]
  readonly upgrade: boolean
  readonly out?: string
  /** Seconds. */
  readonly validFor: number
}

const DAY = 86_400

/** `provision plan`: what a run would do, kept for somebody to approve. */
export const plan = hostCommand<PlanFlags>({
  name: 'plan',
  description: () =>
    'show what a run would change, as --check does; with --out keep it in a file, to be approved and applied',
  onlyLooks: true,
  options: (command, cli) =>
    switchoverTo
      .option(command, cli)
      .option('-o, --out <file>', 'keep the plan in this file: provision show prints it, provision apply applies it')
      .option(
        '--valid-for <time>',
        'for how long it may be applied: 90m, 24h, 7d (default: 24h, at most 30d)',
        seconds,
        DAY,
      )
      .option('--upgrade', 'of what provision upgrade would do: packages to the newest versions', false)
      .option('--tier <names>', 'only these tiers; commas or repeated', commaList, []),
  again: (own) => [
    ...each('--out', own.out === undefined ? [] : [own.out]),
    ...(own.upgrade ? ['--upgrade'] : []),
    ...each('--tier', own.tier),
    ...switchoverTo.again(own),
  ],
  async carryOut(input, own, edges, cli) {
    const options = {
      ...input,
      tiers: own.tier,
      upgrade: own.upgrade,
      switchover: await switchoverTo.request(own, cli),
    }
    if (own.out === undefined) {
      const { run } = await import('../../run/run.ts')
      return run(options, edges)
    }
    const { makePlan } = await import('../make-plan.ts')
    return makePlan(options, edges, { out: own.out, validFor: own.validFor, switchoverTo: own.switchoverTo })
  },
})

function seconds(text: string): number {
  const found = validFor(text)
  if (found !== undefined) return found
  throw new InvalidArgumentError('It must be a time such as 90m, 24h or 7d, of at most 30 days.')
}
