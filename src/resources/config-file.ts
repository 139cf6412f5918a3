import type { Text } from '../secret.ts'
import { attributeChanges } from './attributes.ts'
import { contentChange, type FileState, sha256, type WantedFile } from './content.ts'
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
  return text || fields.length > 0 ? { fields, texts: text ? [text] : [] } : undefined
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
