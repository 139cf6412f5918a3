import type { Command } from 'commander'
import { type Cli, flagsOf, type Register, strict } from './command.ts'
import { type LookFlags, type shared, withShared } from './host-options.ts'
import type { LookEdges } from './look.ts'

/** A command that looks, or acts, without a plan. */
export interface LookCommand<Own extends object> {
  readonly name: string
  readonly description: string
  /** For what stands on the command line beside options; none where it is left out. */
  readonly words?: { readonly syntax: string; readonly description: string }
  /** What it takes of the shared options beside those of {@link LookFlags}. */
  readonly shares?: readonly (keyof typeof shared)[]
  readonly examples: string
  options(command: Command): Command
  /** @returns the exit status. @throws InputError, which is shown */
  carryOut(flags: LookFlags & Own, words: readonly string[], edges: LookEdges): Promise<number>
}

/** A command of this make. */
export const lookCommand =
  <Own extends object>(one: LookCommand<Own>): Register =>
  (program: Command, cli: Cli) => {
    const own = program.command(one.name)
    withShared(strict(own, program, cli, one.words !== undefined), 'inventory', 'limit')
    if (one.words) own.argument(one.words.syntax, one.words.description)
    one.options(own)
    withShared(own, 'vars', ...(one.shares ?? []), 'project')
      .option('--json', 'print JSON', false)
      .description(one.description)
      .showHelpAfterError(`(provision ${one.name} --help shows every option)`)
      .addHelpText('after', one.examples)
      .action(async (...given: readonly unknown[]) => {
        const flags = flagsOf<LookFlags & Own>(own, program)
        const { look } = await import('./look.ts')
        process.exitCode = await look(flags, (edges) => one.carryOut(flags, wordsOf(given[0]), edges))
      })
    withShared(own, 'noColor')
  }

/** Commander gives what it collected, or its options where a command takes no words. */
const wordsOf = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : [])
