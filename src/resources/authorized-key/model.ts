import { ProvisionError } from '../../errors.ts'
import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { type KeyLine, parseKeyLine } from './line.ts'

export const AUTHORIZED_KEYS = {
  user: { description: 'Whom they let in.', type: 'string' },
  keys: {
    description:
      'A list of whole lines: `ssh-ed25519 AAAA… comment`, with options before the type where they are wanted.',
    type: 'array',
    items: { type: 'string' },
  },
  exclusive: { description: 'false: other keys stay. true: they go.', type: 'boolean', default: false },
  file: {
    description:
      'Where sshd looks, as its AuthorizedKeysFile says it (`%u`, `%h`, `%U`), where this run tells it so. Keys are written to the first of several. Not set: what sshd on the host says.',
    type: 'string',
    optional: true,
  },
  state: { description: 'absent: these keys go.', enum: ['present', 'absent'], default: 'present' },
} as const satisfies FieldSchemas

export type AuthorizedKeys = FieldsOf<typeof AUTHORIZED_KEYS>

export interface KeysState {
  readonly keys: readonly KeyLine[]
  /** Lines that are neither keys nor comments to us; a newer sshd may know more. */
  readonly others: readonly string[]
  /** Why sshd could refuse the file or somebody else could write it: `mode 0644`, `directory of root`. */
  readonly flaws: readonly string[]
  /** Files that sshd reads, where that is not known to be its default: absolute paths, `none`, `?` where it is not known. */
  readonly places?: readonly string[]
  /** Keys are written outside of the home, to a file of root's. */
  readonly isRoots?: true
  /** A program that gives sshd further keys (AuthorizedKeysCommand). */
  readonly program?: string
}

/** @throws ProvisionError (input) for a line that sshd would not read as a key */
export function keysOf(desired: AuthorizedKeys): KeyLine[] {
  return desired.keys.map((line) => {
    const key = /[\n\r\0]/.test(line) ? undefined : parseKeyLine(line)
    if (key) return key
    throw new ProvisionError(`no public key for ${desired.user}: ${JSON.stringify(line.slice(0, 60))}`, {
      code: 'input',
      hint: 'one line as in an id_*.pub file: type, key, comment',
    })
  })
}
