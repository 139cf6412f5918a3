import type { RetryCommand } from '../execute/events.ts'
import { words } from '../shell/quote.ts'
import { each, type HostFlags, mannerWords, placeWords } from './host-options.ts'

/**
 * The command line that does the same once more: what was given, but for the hosts, and for how it is shown.
 * @param name of the command; none for a plain run
 * @param own what the command's own options have to say, as words
 * @param mask takes secrets out of a text: a --var may hold some
 */
export function againOf(
  name: string | undefined,
  flags: HostFlags,
  own: readonly string[],
  mask: (text: string) => string,
): RetryCommand {
  return {
    command: words(['provision', ...againWords(name, flags, own, mask)]),
    limit: words(each('--limit', flags.limit).map(mask)),
  }
}

/** The same as words, without `provision`. */
export const againWords = (
  name: string | undefined,
  flags: HostFlags,
  own: readonly string[],
  mask: (text: string) => string,
): string[] =>
  // Before anything is quoted, for a quoted secret would not be known as one.
  [...(name === undefined ? [] : [name]), ...placeWords(flags), ...own, ...mannerWords(flags)].map(mask)
