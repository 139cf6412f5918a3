import { type Command, Option } from 'commander'
import { failoversOf } from '../../run/failover/product.ts'
import type { RunOptions } from '../../run/run-options.ts'
import { type Cli, withPrimary } from '../command.ts'
import { each } from '../host-options.ts'

/** What a command has that may have to restart the primary of a tier. */
export interface SwitchoverTo {
  readonly switchoverTo?: string | undefined
}

export const switchoverTo = {
  option(command: Command, cli: Cli): Command {
    const servers = `of ${withPrimary(cli)} servers`
    const option = new Option(
      '--switchover-to <host>',
      `where the primary of a tier (${servers}) must restart: make this host the primary first`,
    )
    cli.onlyWithPrimary.add(option)
    return command.addOption(option)
  },
  again: ({ switchoverTo }: SwitchoverTo): string[] =>
    each('--switchover-to', switchoverTo === undefined ? [] : [switchoverTo]),
  async request({ switchoverTo: to }: SwitchoverTo, { products }: Cli): Promise<RunOptions['switchover']> {
    return to === undefined ? undefined : { to, failovers: await failoversOf(products) }
  },
}
