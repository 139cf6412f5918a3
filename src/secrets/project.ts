import { join, relative, resolve } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { inventoryFolder } from '../inventory/folders.ts'
import type { Keyring } from '../inventory/sops/unlock.ts'

/** What every subcommand works with. */
export interface SecretsContext {
  /** Folder of the project, absolute. */
  readonly root: string
  readonly inventory?: string | undefined
  readonly keyring: Keyring
  /** Says something to the person, on standard output. */
  say(line: string): void
}

export interface Target {
  readonly path: string
  /** As it is printed: relative to where the command was called. */
  readonly file: string
}

const END = '.sops.yml'

/**
 * The encrypted file that is meant: with an inventory `group_vars/all` is enough, else it is a path.
 * @throws ProvisionError when the name is not that of an encrypted file.
 */
export function targetOf({ root, inventory }: Pick<SecretsContext, 'root' | 'inventory'>, name: string): Target {
  const path = inventory === undefined ? resolve(name) : join(inventoryFolder(root, inventory), withEnd(name))
  if (path.endsWith(END)) return { path, file: relative(process.cwd(), path) }
  throw new ProvisionError(`${name} is no encrypted file of vars: its name must end in ${END}`, {
    code: 'input',
    hint: 'or name the inventory: --inventory prod group_vars/all',
  })
}

const withEnd = (name: string): string => `${name.replace(/(\.sops)?\.yml$/, '')}${END}`
