import { type Command, Help, type Option } from 'commander'
import type { Product } from '../run/failover/product.ts'
import type { RunEdges, RunOutcome } from '../run/run-options.ts'
import { finished } from './finished.ts'
import { habitOf } from './habits.ts'
import { type HostFlags, withHostOptions } from './host-options.ts'
import type { HostsInput, Job } from './main.ts'
import { productsInUse } from './products-in-use.ts'
import { optionHint, strayWords } from './usage.ts'

/** From what was given on the command line to an exit status. */
export type Start = (flags: HostFlags, job: Job) => Promise<number>

/** What commands are registered with. */
export interface Cli {
  readonly start: Start
  readonly products: readonly Product[]
  /** What the help of a project tells only where it uses a product whose primary can be moved. */
  readonly onlyWithPrimary: Set<Command | Option>
  /** Does what another command line says, in place of the one that is at work. @param words without `provision` */
  rerun(words: readonly string[]): Promise<void>
}

/** A command as the list of them has it: puts itself into the program. */
export type Register = (program: Command, cli: Cli) => void

/** A command that works on hosts: what it has besides the options that all of them have. */
export interface HostCommand<Own extends object> {
  /** Undefined: `provision` itself. */
  readonly name?: string
  description(cli: Cli): string
  /** It is about primaries, and nothing else. */
  readonly onlyWithPrimary?: boolean
  /** It is a dry run whatever else is said. */
  readonly onlyLooks?: boolean
  /** Adds its own options. */
  options(command: Command, cli: Cli): Command
  /** What of them does the same once more, as words of a command line. */
  again(own: Own): readonly string[]
  /**
   * Words of another command line that is to be carried out in place of this one; `none`: nothing is left to do; undefined:
   * this one is. @throws InputError
   */
  instead?(flags: Own & HostFlags): Promise<readonly string[] | 'none' | undefined>
  /** Its work. What is heavy is imported here, so that help and usage errors are instant. */
  carryOut(input: HostsInput, own: Own, edges: RunEdges, cli: Cli): Promise<RunOutcome>
}

/** A command of the common make. */
export const hostCommand =
  <Own extends object>(one: HostCommand<Own>): Register =>
  (program, cli) => {
    const own = one.name === undefined ? program : program.command(one.name)
    const title = one.name === undefined ? 'provision' : `provision ${one.name}`
    if (one.onlyWithPrimary) cli.onlyWithPrimary.add(own)
    one
      .options(withHostOptions(strict(own, program, cli)), cli)
      .description(one.description(cli))
      .showHelpAfterError(`(${title} --help shows every option)`)
      .action(async () => {
        const given = flagsOf<Own & HostFlags>(own, program)
        const flags = one.onlyLooks ? { ...given, check: true } : given
        if (await isDoneInstead(one, flags, cli)) return
        process.exitCode = await cli.start(flags, {
          name: one.name,
          again: one.again(flags),
          carryOut: (input, edges) => one.carryOut(input, flags, edges, cli),
        })
      })
  }

async function isDoneInstead<Own extends object>(
  one: HostCommand<Own>,
  flags: Own & HostFlags,
  cli: Cli,
): Promise<boolean> {
  let words: readonly string[] | 'none' | undefined = 'none'
  await finished(async () => {
    words = await one.instead?.(flags)
    return undefined
  })
  if (words === undefined) return false
  if (words !== 'none') await cli.rerun(words)
  return true
}

/** The products whose primaries can be moved, as people call them. */
export const withPrimary = ({ products }: Pick<Cli, 'products'>): string =>
  products.flatMap(({ name, failover }) => (failover ? [name] : [])).join(', ')

/** Told in words of its own: a stray word, and an option that somebody knows from elsewhere. */
export const strict = (command: Command, program: Command, cli: Cli, takesWords = false): Command =>
  command
    .configureHelp(helpOf(command, program, cli))
    .allowExcessArguments()
    .configureOutput({ outputError: (message, write) => write(hinted(message)) })
    .hook('preAction', (own, action) => {
      if (takesWords || own !== action || action.args.length === 0) return
      const commands = action === program ? program.commands.map((one) => one.name()) : []
      action.error(`error: ${strayWords(action.args, commands)}`)
    })

/** What this project has no use for is accepted, and refused with the reason; but its help does not tell of it. */
function helpOf(command: Command, program: Command, cli: Cli): Partial<Help> {
  const usual = new Help()
  const isUsed = (): boolean =>
    productsInUse(cli.products, flagsOf<HostFlags>(command, program)).some(({ failover }) => failover)
  const isShown = (one: Command | Option): boolean => !cli.onlyWithPrimary.has(one) || isUsed()
  return {
    optionDescription: (option) => option.description,
    visibleOptions: (of) => usual.visibleOptions(of).filter(isShown),
    visibleCommands: (of) => usual.visibleCommands(of).filter(isShown),
  }
}

const hinted = (message: string): string => {
  const option = /unknown option '([^']+)'/.exec(message)?.[1]
  const hint = option === undefined ? habitOf(message, process.argv.slice(2)) : optionHint(option)
  return hint === undefined ? message : `${message.trimEnd()}\n${hint}\n`
}

/** Options of `provision` that stand before the subcommand count as its own. */
export const flagsOf = <Flags extends object>(command: Command, program: Command): Flags => {
  const before = Object.entries(program.opts()).filter(
    ([name]) => program.getOptionValueSource(name) === 'cli' && command.getOptionValueSource(name) !== 'cli',
  )
  return { ...command.opts<Flags>(), ...Object.fromEntries(before) }
}
