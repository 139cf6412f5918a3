#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { packageRoot } from '../catalog/package-root.ts'
import { elementsOf } from '../inventory/elements.ts'
import { type CliFlags, DEFAULT_FORKS } from './flags.ts'
import { optionHint, strayWords } from './usage.ts'

const collect = (value: string, all: readonly string[]): string[] => [...all, value]

/** Names, which have no commas in them; a glob may, in braces. */
const commaList = (value: string, all: readonly string[] = []): string[] => [...all, ...elementsOf(value)]

function atLeastOne(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1 && number <= 1000) return number
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
}

/** Of provision's own package.json. */
function version(): string {
  return /"version": "([^"]+)"/.exec(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))?.[1] ?? 'unknown'
}

const EXAMPLES = `
Examples:
  provision --inventory prod --check              what would change, with diffs; nothing is changed
  provision --inventory prod                      bring every host to its declared state
  provision --inventory prod --limit web,'!web3'  a tier without one of its hosts
  provision --inventory prod --tags nginx         only the resources of one role
  provision upgrade --inventory prod --tier web   newer packages, one host after the other
  provision rollback --inventory prod --tier app  the release before, one host after the other

Exit status: 0 no changes left to make, 2 changes found by --check, 1 something failed.`

/** An option that somebody knows from elsewhere is told what it is called here. */
const hinted = (message: string): string => {
  const option = /unknown option '([^']+)'/.exec(message)?.[1]
  const hint = option === undefined ? undefined : optionHint(option)
  return hint === undefined ? message : `${message.trimEnd()}\n${hint}\n`
}

const noStrayWords = (command: Command): void => {
  if (command.args.length === 0) return
  const commands = program.commands.map((one) => one.name())
  command.error(`error: ${strayWords(command.args, command === program ? commands : [])}`)
}

/** What every command that looks at hosts takes. */
const withRunOptions = (command: Command): Command =>
  command
    .allowExcessArguments()
    .configureOutput({ outputError: (message, write) => write(hinted(message)) })
    .hook('preAction', (own, action) => {
      if (own === action) noStrayWords(action)
    })
    .option('-i, --inventory <name>', 'inventory to use: a folder of inventories/, or a path (with a `/` in it)')
    .option('--check', 'dry run: show what would change and change nothing', false)
    .option('--diff', 'show the diffs of files and fields (with --check by default)')
    .option('--no-diff', 'leave the diffs out')
    .option(
      '-l, --limit <hosts>',
      'only these hosts: names, tiers, globs, `!` excludes; commas or repeated',
      collect,
      [],
    )
    .option('-t, --tags <roles>', 'only these roles; commas or repeated', commaList, [])
    .option('-f, --forks <n>', `hosts at a time (default: ${DEFAULT_FORKS})`, atLeastOne, DEFAULT_FORKS)
    .option('--var <name=value>', 'set a variable for every host, above all files; the value is YAML', collect, [])
    .option('-K, --ask-become-password', 'ask once for the sudo password (or set PROVISION_BECOME_PASSWORD)', false)
    .option(
      '-C, --project <dir>',
      'folder that holds inventories/, roles/ and templates/ (default: the current one)',
      '.',
    )
    .option('-y, --yes', 'go on without asking where a rollout has confirm: true', false)
    .option('--json', 'print events as JSON, one per line', false)
    .option('--show-script', 'print every script before it is sent, secrets masked', false)
    .option('-v, --verbose', 'more: timings and execs; -vv unchanged resources too', (_, level: number) => level + 1, 0)
    .option('--no-color', 'no colours (NO_COLOR is heeded too)')

/** Of commands that may have to stop the server that takes the writes. */
const withSwitchover = (command: Command): Command =>
  command.option(
    '--switchover-to <host>',
    'where the MySQL server that takes the writes must restart: move them to this one first',
  )

// Heavy parts are imported only when there is something to do, so that help and usage errors are instant.
const program = withSwitchover(withRunOptions(new Command('provision')))
  .description('Brings hosts to the state that roles declare, over plain SSH. Nothing is installed on them.')
  .configureHelp({ optionDescription: (option) => option.description })
  .version(version(), '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print this')
  // What follows a subcommand is its own.
  .enablePositionalOptions()
  .showHelpAfterError('(provision --help shows every option)')
  .addHelpText('after', EXAMPLES)
  .action(async (flags: CliFlags) => {
    const { main } = await import('./main.ts')
    process.exitCode = await main(flags)
  })

/** Options of `provision` that stand before the subcommand count as its own. */
const flagsOf = (command: Command): CliFlags => {
  const before = Object.entries(program.opts()).filter(
    ([name]) => program.getOptionValueSource(name) === 'cli' && command.getOptionValueSource(name) !== 'cli',
  )
  return { ...command.opts<CliFlags>(), ...Object.fromEntries(before) }
}

withSwitchover(withRunOptions(program.command('upgrade')))
  .description(
    'bring packages to the newest versions that the roles allow, tier by tier, each host out of service meanwhile',
  )
  .configureHelp({ optionDescription: (option) => option.description })
  .option('--tier <names>', 'only these tiers; commas or repeated', commaList, [])
  .showHelpAfterError('(provision upgrade --help shows every option)')
  .action(async (_: CliFlags, command: Command) => {
    const { main } = await import('./main.ts')
    process.exitCode = await main(flagsOf(command), { upgrade: true })
  })

withRunOptions(program.command('rollback'))
  .description('take a tier back to the release that it had before, each host out of service meanwhile; nothing else')
  .configureHelp({ optionDescription: (option) => option.description })
  .requiredOption('--tier <names>', 'the tiers; commas or repeated', commaList)
  .option('--to <version>', 'to this release, which the hosts must still have (default: the one before)')
  .showHelpAfterError('(provision rollback --help shows every option)')
  .action(async (_: CliFlags, command: Command) => {
    const { main } = await import('./main.ts')
    const flags = flagsOf(command)
    process.exitCode = await main(flags, { rollback: { to: flags.to } })
  })

withRunOptions(program.command('switchover'))
  .description('move the writes of a tier of MySQL servers to one of its replicas; refused, with reasons, when unsafe')
  .configureHelp({ optionDescription: (option) => option.description })
  .requiredOption('--tier <name>', 'the tier', commaList)
  .requiredOption('--to <host>', 'the server that is to take the writes')
  .option('--primary-lost', 'the server that took them is gone, and stays so: fence it as far as it can be', false)
  .showHelpAfterError('(provision switchover --help shows every option)')
  .action(async (_: CliFlags, command: Command) => {
    const { main } = await import('./main.ts')
    const flags = flagsOf(command)
    const request = { to: flags.to ?? '', primaryLost: flags.primaryLost ?? false }
    process.exitCode = await main(flags, { switchover: request })
  })

program
  .command('secrets')
  .description('encrypted vars: init, set, edit, show (provision secrets --help)')
  .argument('[args...]')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (args: readonly string[]) => {
    const { secretsMain } = await import('./commands/secrets.ts')
    process.exitCode = await secretsMain(args)
  })

program
  .command('release')
  .description('releases of role app: build, set (provision release --help)')
  .argument('[args...]')
  .helpOption(false)
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (args: readonly string[]) => {
    const { releaseMain } = await import('./commands/release.ts')
    process.exitCode = await releaseMain(args)
  })

await program.parseAsync()
