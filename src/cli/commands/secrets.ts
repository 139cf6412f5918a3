import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { InputError, messageOf, type Problem, ProvisionError } from '../../errors.ts'
import { exactPlace } from '../../problems/place.ts'
import type { SecretsContext } from '../../secrets/project.ts'
import type { Register } from '../command.ts'

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
  provision secrets get -i prod group_vars/all db_password  one value, in the clear
  provision secrets unset -i prod group_vars/all db_password

Files are those of sops (github.com/getsops/sops) with age recipients. Keys are read from SOPS_AGE_KEY,
SOPS_AGE_KEY_FILE and ~/.config/sops/age/keys.txt.`

/** `provision secrets`: one subcommand for each thing that is done with encrypted vars. */
export const secrets: Register = (program) => {
  const group = program
    .command('secrets')
    .summary('encrypted vars: init, set, get, unset, edit, show (provision secrets --help)')
    .description(
      'Vars that only those with a key can read: *.sops.yml beside the plain files of group_vars and host_vars.',
    )
    .allowExcessArguments(false)
    .showHelpAfterError('(provision secrets --help shows how)')
    .addHelpText('after', EXAMPLES)

  subcommand(group, 'init', 'make an age key if you have none, and .sops.yaml').action((flags: Flags) =>
    finished(async () => {
      const { initSecrets } = await import('../../secrets/init.ts')
      const { context, sources } = await contextOf(flags)
      await initSecrets(context, sources)
    }),
  )
  subcommand(group, 'set', 'set one value, typed hidden or piped in')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .argument('<name>', 'name of the var; dots go into mappings and lists')
    .option('--yaml', 'the value is YAML: a number, a list, a mapping')
    .action((file: string, name: string, flags: Flags) =>
      finished(async () => {
        const [{ setSecret }, { askValue }] = await Promise.all([
          import('../../secrets/set.ts'),
          import('../../secrets/ask.ts'),
        ])
        const { context } = await contextOf(flags)
        await setSecret(context, { file, name, yaml: flags.yaml === true }, () => askValue(name))
      }),
    )
  subcommand(group, 'get', 'print one value in the clear')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .argument('<name>', 'name of the var; dots go into mappings and lists')
    .action((file: string, name: string, flags: Flags) =>
      finished(async () => {
        const { getSecret } = await import('../../secrets/get.ts')
        const { context } = await contextOf(flags)
        await getSecret(context, { file, name })
      }),
    )
  subcommand(group, 'unset', 'take one value out')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .argument('<name>', 'name of the var; dots go into mappings and lists')
    .action((file: string, name: string, flags: Flags) =>
      finished(async () => {
        const { unsetSecret } = await import('../../secrets/unset.ts')
        const { context } = await contextOf(flags)
        await unsetSecret(context, { file, name })
      }),
    )
  subcommand(group, 'edit', 'open a file in $EDITOR, in the clear only there')
    .argument('<file>', 'group_vars/all with --inventory, or a path')
    .action((file: string, flags: Flags) =>
      finished(async () => {
        const [{ editSecrets }, { askAgain }] = await Promise.all([
          import('../../secrets/edit.ts'),
          import('../../secrets/ask.ts'),
        ])
        const { SOPS_EDITOR, VISUAL, EDITOR } = process.env
        const { context } = await contextOf(flags)
        await editSecrets(context, file, { editor: SOPS_EDITOR || VISUAL || EDITOR || 'vi', again: askAgain })
      }),
    )
  subcommand(group, 'show', 'names of the encrypted vars and who can read them; no values')
    .argument('[file]', 'default: all of the inventory')
    .action((file: string | undefined, flags: Flags) =>
      finished(async () => {
        const { showSecrets } = await import('../../secrets/show.ts')
        const { context } = await contextOf(flags)
        await showSecrets(context, file)
      }),
    )
}

const subcommand = (group: Command, name: string, description: string): Command =>
  group
    .command(name)
    .description(description)
    .option('-i, --inventory <name>', 'inventory: a folder of inventories/, or a path')
    .option('-C, --project <dir>', 'folder that holds inventories/ (default: the current one)', '.')

async function contextOf({ project, inventory }: Flags) {
  const [{ inventoryFolder }, { readAgeKeyFile }, { takeKeySources, withInventoryKey }, { createKeyring }] =
    await Promise.all([
      import('../../inventory/folders.ts'),
      import('../../inventory/files.ts'),
      import('../../inventory/sops/identities.ts'),
      import('../../inventory/sops/unlock.ts'),
    ])
  const sources = takeKeySources(process.env, homedir())
  const root = resolve(project)
  const dir = inventory === undefined ? undefined : inventoryFolder(root, inventory)
  const written = dir === undefined ? undefined : await readAgeKeyFile(dir)
  const context: SecretsContext = {
    root,
    inventory,
    keyring: createKeyring(withInventoryKey(sources, written, dir ?? root, homedir())),
    say: (line) => process.stdout.write(`${line}\n`),
  }
  return { context, sources }
}

/** Sets the exit status: 0 done, 1 not. */
async function finished(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.exitCode = 1
    for (const { message, origin, hint } of problemsOf(error)) {
      const place = origin === undefined ? '' : `${exactPlace(origin)}  `
      process.stderr.write(`${place}${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
    }
  }
}

function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InputError) return error.problems
  if (error instanceof ProvisionError) return [{ message: error.message, origin: error.origin, hint: error.hint }]
  // A prompt that was left with Ctrl-C.
  if (error instanceof Error && error.name === 'ExitPromptError') return [{ message: 'nothing is written' }]
  return [{ message: messageOf(error) }]
}
