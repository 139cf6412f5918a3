import type { Command } from 'commander'
import type { RunEdges, RunOutcome } from '../run/run.ts'
import { type HostFlags, withHostOptions } from './host-options.ts'
import type { HostsInput, Job } from './main.ts'
import { optionHint, strayWords } from './usage.ts'

/** From what was given on the command line to an exit status. */
export type Start = (flags: HostFlags, job: Job) => Promise<number>

/** A command as the list of them has it: puts itself into the program. */
export type Register = (program: Command, start: Start) => void

/** A command that works on hosts: what it has besides the options that all of them have. */
export interface HostCommand<Own extends object> {
  /** Undefined: `provision` itself. */
  readonly name?: string
  readonly description: string
  /** Adds its own options. */
  options(command: Command): Command
  /** What of them does the same once more, as words of a command line. */
  again(own: Own): readonly string[]
  /** Its work. What is heavy is imported here, so that help and usage errors are instant. */
  carryOut(input: HostsInput, own: Own, edges: RunEdges): Promise<RunOutcome>
}

/** A command of the common make. */
export const hostCommand =
  <Own extends object>(one: HostCommand<Own>): Register =>
  (program, start) => {
    const own = one.name === undefined ? program : program.command(one.name)
    const title = one.name === undefined ? 'provision' : `provision ${one.name}`
    one
      .options(withHostOptions(strict(own, program)))
      .description(one.description)
      .showHelpAfterError(`(${title} --help shows every option)`)
      .action(async () => {
        const flags = flagsOf<Own & HostFlags>(own, program)
        process.exitCode = await start(flags, {
          name: one.name,
          again: one.again(flags),
          carryOut: (input, edges) => one.carryOut(input, flags, edges),
        })
      })
  }

/** Told in words of its own: a stray word, and an option that somebody knows from elsewhere. */
const strict = (command: Command, program: Command): Command =>
  command
    .configureHelp({ optionDescription: (option) => option.description })
    .allowExcessArguments()
    .configureOutput({ outputError: (message, write) => write(hinted(message)) })
    .hook('preAction', (own, action) => {
      if (own !== action || action.args.length === 0) return
      const commands = action === program ? program.commands.map((one) => one.name()) : []
      action.error(`error: ${strayWords(action.args, commands)}`)
    })

const hinted = (message: string): string => {
  const option = /unknown option '([^']+)'/.exec(message)?.[1]
  const hint = option === undefined ? undefined : optionHint(option)
  return hint === undefined ? message : `${message.trimEnd()}\n${hint}\n`
}

/** Options of `provision` that stand before the subcommand count as its own. */
const flagsOf = <Flags extends object>(command: Command, program: Command): Flags => {
  const before = Object.entries(program.opts()).filter(
    ([name]) => program.getOptionValueSource(name) === 'cli' && command.getOptionValueSource(name) !== 'cli',
  )
  return { ...command.opts<Flags>(), ...Object.fromEntries(before) }
}
