import { chmod, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CONFIG_FILE, recipientsOf } from '../inventory/sops/creation-rules.ts'
import { type KeySources, readIdentities } from '../inventory/sops/identities.ts'
import { isMapping } from '../inventory/vars.ts'
import { parseYaml } from '../inventory/yaml.ts'
import { reveal } from '../masking/secret.ts'
import type { SecretsContext } from './project.ts'
import { replaceFile, textOf } from './store.ts'

const VARS_FILES = '(group|host)_vars/[^/]+\\.sops\\.yml$'

/** Makes an age key where there is none, and a .sops.yaml that encrypts for it. Safe to run again. */
export async function initSecrets(
  { root, say }: Pick<SecretsContext, 'root' | 'say'>,
  sources: KeySources,
): Promise<void> {
  const recipients = await ownRecipients(sources, say)
  const path = join(root, CONFIG_FILE)
  const text = await textOf(path)
  if (text === undefined) {
    await replaceFile(path, configFor(recipients))
    say(
      `made ${CONFIG_FILE}: group_vars/*.sops.yml and host_vars/*.sops.yml are encrypted for ${recipients.join(', ')}`,
    )
    return
  }
  const missing = recipients.filter((recipient) => !namedIn(text).includes(recipient))
  if (missing.length === 0) say(`${CONFIG_FILE} is there and has your key`)
  else {
    say(`${CONFIG_FILE} is there and lacks your key: add ${missing.join(', ')} to its rules,`)
    say('then let someone who has a key run: sops updatekeys FILE, for each encrypted file')
  }
}

async function ownRecipients(sources: KeySources, say: (line: string) => void): Promise<string[]> {
  const { generateIdentity, identityToRecipient } = await import('age-encryption')
  const { identities } = await readIdentities(sources)
  if (identities.length > 0) {
    const own = await Promise.all(identities.map((identity) => identityToRecipient(reveal(identity))))
    say(`your age key: ${own.join(', ')}`)
    return own
  }
  const identity = await generateIdentity()
  const recipient = await identityToRecipient(identity)
  const file = sources.file ?? sources.usual
  await writeKey(file, recipient, identity)
  say(`made an age key in ${file}, for you alone: keep a copy where you keep passwords, never in the project`)
  say(`its public side: ${recipient}`)
  return [recipient]
}

/** Never over anything: a lost key is lost data. What was in the file stays, the key goes under it. */
async function writeKey(file: string, recipient: string, identity: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const handle = await open(file, 'a', 0o600)
  try {
    await chmod(file, 0o600)
    await handle.writeFile(`# public key: ${recipient}\n${identity}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const configFor = (recipients: readonly string[]): string =>
  [
    '# For whom sops and provision encrypt. After a change: sops updatekeys FILE, for each encrypted file.',
    'creation_rules:',
    `  - path_regex: ${VARS_FILES}`,
    `    age: ${recipients.join(',')}`,
    '',
  ].join('\n')

/** Recipients that any rule of a .sops.yaml names. */
function namedIn(text: string): string[] {
  const { value } = parseYaml(text, CONFIG_FILE)
  const rules = isMapping(value) && Array.isArray(value.creation_rules) ? value.creation_rules : []
  return rules.filter(isMapping).flatMap((rule) => {
    const groups = Array.isArray(rule.key_groups) ? rule.key_groups.filter(isMapping) : []
    return [rule, ...groups].flatMap(({ age }) => recipientsOf(age))
  })
}
