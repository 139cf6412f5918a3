import { ProvisionError } from '../errors.ts'
import type { Text } from '../masking/secret.ts'
import type { FileEntry, FileState, WantedFile } from '../observe/files.ts'
import { attributeChanges } from './attributes.ts'
import { contentChange, sha256 } from './content.ts'
import type { FieldChange, TextChange } from './resource.ts'

/** A file of root's that every user may read, which a kind keeps for its own purpose. */
export const CONFIG_ATTRIBUTES = { mode: '0644', owner: 'root', group: 'root' } as const

/** Asks for a configuration file: its content comes along when it differs. */
export function wantedConfig(path: string, content: Text | Uint8Array | undefined): WantedFile {
  return { path, sha256: content === undefined ? undefined : sha256(content), wantContent: true }
}

export interface ConfigChange {
  readonly fields: readonly FieldChange[]
  readonly texts: readonly TextChange[]
}

/**
 * What would have to change about a configuration file; undefined when it is as it should be.
 * @param content undefined: the file is to go
 */
export function configChange(
  path: string,
  actual: FileState,
  content: Text | Uint8Array | undefined,
): ConfigChange | undefined {
  const text = contentChange(path, actual, content)
  const fields = content === undefined ? removed(actual) : kept(actual)
  if (!text && fields.length === 0) return undefined
  if (actual === 'absent') return { fields, texts: text ? [text] : [] }
  refuseOthers(path, actual)
  // The new file has none: what is root's own to configure is nobody else's to write.
  const acl = actual.acl && text ? [{ field: 'acl', from: 'present', to: 'none' }] : []
  return { fields: [...fields, ...acl], texts: text ? [text] : [] }
}

/** @throws ProvisionError for what no file can be moved over */
const refuseOthers = (path: string, { type, mounted }: FileEntry): void => {
  if (type !== 'directory' && !mounted) return
  const message = `${path} is ${mounted ? 'a mount point' : 'a directory'}: it can't be replaced by a file`
  throw new ProvisionError(message, { code: 'input', hint: `see on the host what it is for: ls -ld ${path}, findmnt` })
}

/** The text says that a file goes; what is not a file has no text. */
const removed = (actual: FileState): FieldChange[] =>
  actual === 'absent' || actual.type === 'file' ? [] : [{ field: 'type', from: described(actual) }]

const kept = (actual: FileState): FieldChange[] => {
  if (actual === 'absent') return []
  if (actual.type !== 'file') return [{ field: 'type', from: described(actual), to: 'file' }]
  return attributeChanges(actual, CONFIG_ATTRIBUTES)
}

const described = (actual: Exclude<FileState, 'absent'>): string =>
  actual.type === 'symlink' ? `symlink to ${actual.target ?? '?'}` : actual.type
