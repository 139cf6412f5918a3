import { parseSops, printed } from '../inventory/sops/document.ts'
import { sealFile } from '../inventory/sops/file.ts'
import { found } from './path.ts'
import { type SecretsContext, targetOf } from './project.ts'
import { openPresent, replaceFile } from './store.ts'

/**
 * Takes one value out of an encrypted file; all others keep their ciphertext.
 * @throws ProvisionError (input) when there is no such file or no such name
 */
export async function unsetSecret(context: SecretsContext, input: { file: string; name: string }): Promise<void> {
  const target = targetOf(context, input.file)
  const opened = await openPresent(target, context.keyring)
  const { doc, root } = opened.plain
  doc.contents = root
  doc.deleteIn(found(doc, input.name).path)
  const plain = parseSops(printed(opened.plain), target.file)
  await replaceFile(target.path, sealFile(plain, opened, new Date()))
  context.say(`${input.name} is no more in ${target.file}`)
}
