import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { InputError, messageOf, type Problem, ProvisionError } from '../../errors.ts'
import { inventoryFolder, readAgeKeyFile } from '../../inventory/files.ts'
import { takeKeySources, withInventoryKey } from '../../inventory/sops/identities.ts'
import { createKeyring } from '../../inventory/sops/unlock.ts'
import { askAgain, askValue } from '../../secrets/ask.ts'
import type { SecretsContext } from '../../secrets/project.ts'

interface Flags {
  readonly inventory?: string
  readonly project: string
  readonly yaml?: boolean
}

const EXAMPLES = `
Examples:
  provision secrets init                                    an age key, and .sops.yaml
  provision secrets set -i prod group_vars/all db_password  asks for the value, hidden
  pwgen -s 32 1 | provision secrets set -i prod group_vars/all db_password
  provision secrets edit inventories/prod/group_vars/all.sops.yml
  provision secrets show -i prod                            names, no values

Files are those of sops (github.com/getsops/sops) with age recipients. Keys are read from SOPS_AGE_KEY,
SOPS_AGE_KEY_FILE and ~/.config/sops/age/keys.txt.`

/**
 * Runs `provision secrets …`.
 * @param args what follows `secrets`
 * @returns the exit status: 0 done, 1 not
 */
export async function secretsMain(args: readonly string[]): Promise<number> {
  const sources = takeKeySources(process.env, homedir())
  const contextOf = async ({ project, inventory }: Flags): Promise<SecretsContext> => {
    const root = resolve(project)
    const dir = inventory === undefined ? undefined : inventoryFolder(root, inventory)
    const written = dir === undefined ? undefined : await readAgeKeyFile(dir)
    return {
      root,
      inventory,
      keyring: createKeyring(withInventoryKey(sources, written, dir ?? root, homedir())),
      say: (line) => process.stdout.write(`${line}\n`),
    }
  }
  const program = new Command('provision secrets')
    .description(
      'Vars that only those with a key can read: *.sops.yml beside the plain files of group_vars and host_vars.',
    )
    .showHelpAfterError('(provision secrets --help shows how)')
    .addHelpText('after', EXAMPLES)

  subcommand(program, 'init', 'make an age key if you have none, and .sops.yaml').action(async (flags: Flags) => {
    const { initSecrets } = await import('../../secrets/init.ts')
    await initSecrets(await contextOf(flags), sources)
  })
  subcommand(program, 'set', 'set one value, typed hidden or piped in')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .argument('<name>', 'name of the var; dots go into mappings and lists')
    .option('--yaml', 'the value is YAML: a number, a list, a mapping')
    .action(async (file: string, name: string, flags: Flags) => {
      const { setSecret } = await import('../../secrets/set.ts')
      await setSecret(await contextOf(flags), { file, name, yaml: flags.yaml === true }, () => askValue(name))
    })
  subcommand(program, 'edit', 'open a file in $EDITOR, in the clear only there')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .action(async (file: string, flags: Flags) => {
      const { editSecrets } = await import('../../secrets/edit.ts')
      const { SOPS_EDITOR, VISUAL, EDITOR } = process.env
      await editSecrets(await contextOf(flags), file, {
        editor: SOPS_EDITOR || VISUAL || EDITOR || 'vi',
        again: askAgain,
      })
    })
  subcommand(program, 'show', 'names of the encrypted vars and who can read them; no values')
    .argument('[file]', 'default: all of the inventory')
    .action(async (file: string | undefined, flags: Flags) => {
      const { showSecrets } = await import('../../secrets/show.ts')
      await showSecrets(await contextOf(flags), file)
    })
  return finished(program.parseAsync(args, { from: 'user' }))
}

const subcommand = (program: Command, name: string, description: string): Command =>
  program
    .command(name)
    .description(description)
    .option('-i, --inventory <name>', 'inventory: a folder of inventories/, or a path')
    .option('-C, --project <dir>', 'folder that holds inventories/', '.')

async function finished(work: Promise<unknown>): Promise<number> {
  try {
    await work
    return 0
  } catch (error) {
    for (const { message, origin, hint } of problemsOf(error)) {
      const place = origin === undefined ? '' : `${origin.file}:${origin.line}:${origin.col}  `
      process.stderr.write(`${place}${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
    }
    return 1
  }
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InputError) return error.problems
  if (error instanceof ProvisionError) return [{ message: error.message, origin: error.origin, hint: error.hint }]
  // A prompt that was left with Ctrl-C.
  if (error instanceof Error && error.name === 'ExitPromptError') return [{ message: 'nothing is written' }]
  return [{ message: messageOf(error) }]
}
