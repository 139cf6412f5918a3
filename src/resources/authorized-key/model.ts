import { ProvisionError } from '../../errors.ts'
import { type KeyLine, parseKeyLine } from './line.ts'

export interface AuthorizedKeys {
  readonly user: string
  /** Whole lines: `ssh-ed25519 AAAA… comment`, with options before the type where they are wanted. */
  readonly keys: readonly string[]
  /** Default false: other keys stay. true: they go. */
  readonly exclusive?: boolean | undefined
  /** Default present. absent: these keys go. */
  readonly state?: 'present' | 'absent' | undefined
}

export interface KeysState {
  readonly keys: readonly KeyLine[]
  /** Lines that are neither keys nor comments to us; a newer sshd may know more. */
  readonly others: readonly string[]
  /** Why sshd could refuse the file or somebody else could write it: `mode 0644`, `directory of root`. */
  readonly flaws: readonly string[]
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
