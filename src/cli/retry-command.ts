import type { Again } from '../execute/events.ts'
import { words } from '../shell/quote.ts'
import { type CliFlags, DEFAULT_FORKS } from './flags.ts'

/**
 * The command line that does the same once more: what was given, but for the hosts, and for how it is shown. A dry run
 * and what came of it are not the same.
 * @param mask takes secrets out of a text: a --var may hold some
 * @param subcommand none for a plain run
 */
export function againOf(flags: CliFlags, mask: (text: string) => string, subcommand?: string): Again {
  // Before anything is quoted, for a quoted secret would not be known as one.
  const masked = (all: readonly string[]) => words(all.map(mask))
  const each = (name: string, values: readonly string[] = []) => values.flatMap((value) => [name, value])
  return {
    command: masked([
      ...(subcommand === undefined ? ['provision'] : ['provision', subcommand]),
      ...each('--inventory', flags.inventory === undefined ? [] : [flags.inventory]),
      ...(flags.project === '.' ? [] : ['--project', flags.project]),
      ...each('--tier', flags.tier),
      ...each('--to', flags.to === undefined ? [] : [flags.to]),
      ...(flags.primaryLost ? ['--primary-lost'] : []),
      ...each('--switchover-to', flags.switchoverTo === undefined ? [] : [flags.switchoverTo]),
      ...each('--tags', flags.tags),
      ...each('--var', flags.var),
      ...(flags.forks === DEFAULT_FORKS ? [] : ['--forks', String(flags.forks)]),
      ...(flags.yes ? ['--yes'] : []),
      ...(flags.askBecomePassword ? ['--ask-become-password'] : []),
    ]),
    limit: masked(each('--limit', flags.limit)),
  }
}
