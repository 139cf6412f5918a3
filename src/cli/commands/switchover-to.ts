import type { Command } from 'commander'
import { each } from '../host-options.ts'

/** What a command has that may have to stop the server which takes the writes. */
export interface SwitchoverTo {
  readonly switchoverTo?: string
}

export const switchoverTo = {
  option: (command: Command): Command =>
    command.option(
      '--switchover-to <host>',
      'where the MySQL server that takes the writes must restart: move them to this one first',
    ),
  again: ({ switchoverTo }: SwitchoverTo): string[] =>
    each('--switchover-to', switchoverTo === undefined ? [] : [switchoverTo]),
}
