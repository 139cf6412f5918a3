import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument } from 'commander'
import { packageRoot } from '../../catalog/package-root.ts'
import type { Register } from '../command.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

const EXAMPLES = `
To be evaluated by the shell, or put where it looks for completions:
  bash   eval "$(npx provision completion bash)"                     in ~/.bashrc
  zsh    eval "$(npx provision completion zsh)"                      in ~/.zshrc, after compinit
  fish   npx provision completion fish | source                      in ~/.config/fish/config.fish

Completed are commands, options, and the names of inventories, hosts, tiers, groups and roles of the project. An alias
makes it work without npx: alias provision='npx provision'`

/** `provision completion`: a script for a shell. What that asks at each Tab: src/cli/completion. */
export const completion: Register = (program) => {
  program
    .command('completion')
    .summary('completion for bash, zsh or fish')
    .description('Print a script that completes commands, options, hosts, tiers, groups, roles and inventories.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .allowExcessArguments(false)
    .addHelpText('after', EXAMPLES)
    .action((shell: string) => {
      process.stdout.write(readFileSync(join(packageRoot(), 'scaffold', 'completion', `provision.${shell}`), 'utf8'))
    })
}
