import { type Unwrap, unwrapper } from './data-key.ts'
import { type KeySources, readIdentities } from './identities.ts'
import type { Metadata } from './metadata.ts'

/** The data key of a file; undefined when no key at hand opens it. */
export interface Keyring {
  open(metadata: Metadata): Promise<Uint8Array | undefined>
  /** Where keys were looked for and what was there, as people read it. */
  looked(): Promise<readonly string[]>
}

/** Opens data keys with the age keys of these sources, which are read when first needed. */
export function createKeyring(sources: KeySources): Keyring {
  let read: ReturnType<typeof readIdentities> | undefined
  const identities = () => {
    read ??= readIdentities(sources)
    return read
  }
  let unwrap: Promise<Unwrap> | undefined
  return {
    async open({ age }) {
      unwrap ??= identities().then((found) => unwrapper(found.identities))
      return (await unwrap)(age)
    },
    looked: async () => (await identities()).looked,
  }
}

/** What to say of files for which there is no key. All share their recipients. */
export async function noKeyFor(
  files: readonly string[],
  { age, others }: Metadata,
  keyring: Keyring,
): Promise<{ readonly message: string; readonly hint: string }> {
  const [first = ''] = files
  const shown = files.length > 1 ? `${first} and ${files.length - 1} more` : first
  if (age.length === 0) {
    return {
      message: `${shown} has no age recipient (${others.join(', ') || 'no key at all'})`,
      hint: 'add one: put it into .sops.yaml, then sops updatekeys',
    }
  }
  const recipients = age.map(({ recipient }) => recipient).join(', ')
  return {
    message: `no age key at hand opens ${shown}; it is for ${recipients}`,
    hint: `looked for keys in ${(await keyring.looked()).join(', ')}`,
  }
}
