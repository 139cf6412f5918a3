import { isScalar, stringify } from 'yaml'
import { found } from './path.ts'
import { type SecretsContext, targetOf } from './project.ts'
import { openPresent } from './store.ts'

/**
 * Prints one value of an encrypted file in the clear, for who asks for it: text as it is, a list or a mapping as YAML.
 * @throws ProvisionError (input) when there is no such file or no such name
 */
export async function getSecret(context: SecretsContext, input: { file: string; name: string }): Promise<void> {
  const opened = await openPresent(targetOf(context, input.file), context.keyring)
  const { doc, root } = opened.plain
  doc.contents = root
  const { node } = found(doc, input.name)
  context.say(isScalar(node) ? String(node.value) : stringify(node).trimEnd())
}
