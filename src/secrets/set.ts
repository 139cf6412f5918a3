import { parseDocument } from 'yaml'
import { ProvisionError } from '../errors.ts'
import { parseSops, printed } from '../inventory/sops/document.ts'
import { sealFile } from '../inventory/sops/file.ts'
import { reveal, type Secret } from '../masking/secret.ts'
import { pathTo } from './path.ts'
import { type SecretsContext, targetOf } from './project.ts'
import { openTarget, replaceFile } from './store.ts'

export interface SetInput {
  /** `group_vars/all`, or a path. */
  readonly file: string
  /** Name of a var; dots go into mappings and lists: `app_env.TOKEN`, `users.0.password`. */
  readonly name: string
  /** The value is YAML: a number, a list, a mapping. */
  readonly yaml: boolean
}

/**
 * Sets one value of an encrypted file; all others keep their ciphertext.
 * @param ask gives the value, from a hidden prompt or a pipe; called only when the file can be written
 */
export async function setSecret(context: SecretsContext, input: SetInput, ask: () => Promise<Secret>): Promise<void> {
  const target = targetOf(context, input.file)
  const opened = await openTarget(target, context.keyring)
  const { doc, root } = opened.plain
  doc.contents = root
  const path = pathTo(doc, input.name)
  const value = reveal(await ask())
  doc.setIn(path, input.yaml ? yamlValue(value) : value)
  // Read anew: what was just put in is data as yet, and not the nodes of a document.
  const plain = parseSops(printed(opened.plain), target.file)
  await replaceFile(target.path, sealFile(plain, opened, new Date()))
  context.say(`${input.name} is set in ${target.file}${opened.isNew ? ', which is new' : ''}`)
}

/** The data of some YAML. Messages never quote it. */
function yamlValue(text: string): unknown {
  const doc = parseDocument(text, { prettyErrors: false, intAsBigInt: true, stringKeys: true })
  if (doc.errors.length > 0) throw new ProvisionError('the value is not valid YAML', { code: 'input' })
  return doc.contents
}
