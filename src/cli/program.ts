import { Command, type Option } from 'commander'
import type { Product } from '../run/failover/product.ts'
import type { Cli, Start } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { PRODUCTS } from './commands/products.ts'
import { version } from './version.ts'

const EXAMPLES = `
Examples:
  provision --inventory prod --check              what would change, with diffs; nothing is changed
  provision --inventory prod                      bring every host to its declared state
  provision --inventory prod --limit web,'!web3'  a tier without one of its hosts
  provision --inventory prod --tags nginx         only the resources of one role
  provision upgrade --inventory prod --tier web   newer packages, one host after the other
  provision rollback --inventory prod --tier app  the release before, one host after the other

Exit status: 0 no changes left to make, 2 changes found by --check, 1 something failed.`

const startMain: Start = async (flags, job) => (await import('./main.ts')).main(flags, job)

/**
 * The command line, ready to be parsed. Heavy parts are imported only when a command runs.
 * @param onlyWithPrimary is filled: what is only for projects that use a product whose primary can be moved
 */
export function createProgram(
  start: Start = startMain,
  products: readonly Product[] = PRODUCTS,
  onlyWithPrimary = new Set<Command | Option>(),
): Command {
  const rerun = async (words: readonly string[]): Promise<void> => {
    await createProgram(start, products).parseAsync([...words], { from: 'user' })
  }
  const cli: Cli = { start, products, onlyWithPrimary, rerun }
  const program = new Command('provision')
    .helpOption('-h, --help', 'print this')
    // What follows a subcommand is its own.
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLES)
  for (const register of COMMANDS) register(program, cli)
  return program.version(version(), '-V, --version', 'print the version')
}
