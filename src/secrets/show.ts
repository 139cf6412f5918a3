import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError, ProvisionError } from '../errors.ts'
import { inventoryFolder } from '../inventory/folders.ts'
import { isEncrypted } from '../inventory/sops/cipher.ts'
import { parseSops, sopsData, walk } from '../inventory/sops/document.ts'
import { metadataFrom } from '../inventory/sops/metadata.ts'
import { type SecretsContext, type Target, targetOf } from './project.ts'

/** Prints the names of all encrypted vars and who can read each file. No key is needed and no value is shown. */
export async function showSecrets(context: SecretsContext, file: string | undefined): Promise<void> {
  const targets = file === undefined ? await allOf(context) : [targetOf(context, file)]
  if (targets.length === 0) context.say('there is no encrypted file')
  for (const target of targets) await showFile(target, context)
}

async function showFile({ path, file }: Target, { say }: SecretsContext): Promise<void> {
  const document = parseSops(await readFile(path, 'utf8'), file)
  const data = sopsData(document)
  if (data === undefined) throw new ProvisionError(`${file} is not encrypted`, { code: 'input' })
  const { age, others } = metadataFrom(data)
  say(`${file}  for ${[...age.map(({ recipient }) => recipient), ...others].join(', ')}`)
  walk(document, {
    leaf(node, _, pointer) {
      const name = pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')
      const sealed = typeof node.value === 'string' && isEncrypted(node.value)
      say(`  ${name}${sealed ? '' : '  (not encrypted)'}`)
    },
  })
}

async function allOf(context: SecretsContext): Promise<Target[]> {
  const { inventory, root } = context
  if (inventory === undefined) {
    throw new InputError([{ message: 'name a file, or an inventory: --inventory prod' }])
  }
  const dir = inventoryFolder(root, inventory)
  const folders = await Promise.all(
    ['group_vars', 'host_vars'].map(async (folder) => {
      const names = await readdir(join(dir, folder)).catch((): string[] => [])
      return names.sort().map((name) => join(folder, name))
    }),
  )
  return folders.flat().flatMap((name) => (name.endsWith('.sops.yml') ? [targetOf(context, name)] : []))
}
