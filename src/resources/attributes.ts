import { ProvisionError } from '../errors.ts'
import type { FileEntry, FileState } from '../observe/files.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { rawScript, type Script, sh } from '../shell/script.ts'
import type { FieldChange } from './resource.ts'

/** Who may do what with a path. Undefined: whatever it is. */
export const ATTRIBUTES = {
  mode: {
    description: "Octal digits as text: '0644'. Not set: a present mode stays.",
    type: 'string',
    pattern: '^[0-7]{3,4}$',
    optional: true,
  },
  owner: { description: 'Name or number, as text. Not set: the present owner stays.', type: 'string', optional: true },
  group: { description: 'Name or number, as text. Not set: the present group stays.', type: 'string', optional: true },
} as const satisfies FieldSchemas

export type Attributes = FieldsOf<typeof ATTRIBUTES>

/**
 * A mode as hosts print it: four octal digits.
 * @throws ProvisionError when it is not octal.
 */
export function octal(mode: string): string {
  if (!/^[0-7]{3,4}$/.test(mode)) {
    throw new ProvisionError(`${JSON.stringify(mode)} is not a file mode`, {
      code: 'input',
      hint: 'Write three or four octal digits, e.g. "0644".',
    })
  }
  return mode.padStart(4, '0')
}

/**
 * A mode for chmod that a directory ends at exactly: one of four digits keeps the set-id bits that it has, such as the
 * one that it got from a setgid directory above it.
 */
export const exactMode = (mode: string): string => `0${octal(mode)}`

/** What differs of mode, owner and group; all that is declared when the path is absent. */
export function attributeChanges(actual: FileState, desired: Attributes): FieldChange[] {
  const present = actual === 'absent' ? undefined : actual
  const changes: FieldChange[] = []
  const add = (field: string, from: string | undefined, to: string, same: boolean) => {
    if (!same) changes.push({ field, from, to })
  }
  if (desired.mode !== undefined) {
    const mode = octal(desired.mode)
    add('mode', present?.mode, mode, present?.mode === mode)
  }
  if (desired.owner !== undefined) {
    add('owner', present?.owner, desired.owner, isNamed(present, 'owner', desired.owner))
  }
  if (desired.group !== undefined) {
    add('group', present?.group, desired.group, isNamed(present, 'group', desired.group))
  }
  return changes
}

/** What a new mode means where there is an ACL: chmod keeps it, and the group digit is its mask. */
export function aclNotes(actual: FileEntry, { mode }: Attributes): string[] {
  if (!actual.acl || mode === undefined) return []
  const [from, to] = [actual.mode, octal(mode)]
  if (from[2] === to[2]) return []
  const rights = RIGHTS[Number(to[2])]
  return [
    `it has an ACL, which stays (getfacl shows it): mode ${to} makes ${rights} the most that users and groups named in it get`,
  ]
}

const RIGHTS = ['nothing', 'x', 'w', 'wx', 'r', 'rx', 'rw', 'rwx'] as const

const isNamed = (present: FileEntry | undefined, field: 'owner' | 'group', wanted: string): boolean =>
  present !== undefined &&
  (present[field] === wanted || String(field === 'owner' ? present.uid : present.gid) === wanted)

/**
 * Gives a path its attributes.
 * @param path a script that is one word
 */
export function setAttributes({ mode, owner, group }: Attributes, path: Script): Script {
  return rawScript(
    [
      ...(owner === undefined ? [] : [sh`chown -h -- ${owner} ${path}`.sh]),
      ...(group === undefined ? [] : [sh`chgrp -h -- ${group} ${path}`.sh]),
      // After chown, which clears set-id bits.
      ...(mode === undefined ? [] : [sh`chmod -- ${exactMode(mode)} ${path}`.sh]),
    ].join('\n'),
  )
}

/** Ends a script with a message when a test of dash holds: `[ -d "$dest" ]`. */
export function refuseIf(test: Script, message: string): Script {
  return sh`if ${test}; then echo ${message} >&2; exit 1; fi`
}

/** A test: there is a real directory, not a link to one. */
export const isDirectory = (path: string): Script => sh`[ -d ${path} ] && [ ! -L ${path} ]`
