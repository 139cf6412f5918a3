import { posix } from 'node:path'
import type { FileEntry, FileState, WantedFile } from '../observe/files.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { installFile } from '../shell/install-file.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'
import { ATTRIBUTES, aclNotes, attributeChanges, isDirectory, octal, refuseIf, setAttributes } from './attributes.ts'
import { constructorOf } from './constructor.ts'
import { absolutePath, bytesOf, contentChange, sha256 } from './content.ts'
import { snapshotOf } from './guard.ts'
import { pathObstacles } from './path-obstacles.ts'
import type { Change, FieldChange, ResourceKind } from './resource.ts'

export const FILE = {
  path: { description: 'Absolute.', type: 'string' },
  content: {
    description: 'What is in it. Not set: the content is not managed, and a new file is empty.',
    is: 'content',
    given: true,
  },
  ...ATTRIBUTES,
  validate: {
    description: 'sh`…` that fails when the staged file, `"$file"`, is not valid; the old file then stays.',
    is: 'script',
    optional: true,
  },
  state: { description: 'absent: it is removed.', enum: ['present', 'absent'], default: 'present' },
  guard: {
    description: "The file can cut the tool's own access: it is put back when a new connection fails.",
    enum: ['ssh', 'sudo'],
    optional: true,
  },
} as const satisfies FieldSchemas

export type File = FieldsOf<typeof FILE>

const pathOf = (desired: File): string => absolutePath(desired.path)

const wantedOf = (desired: File): WantedFile => ({
  path: pathOf(desired),
  sha256: desired.content === undefined || desired.state === 'absent' ? undefined : sha256(desired.content),
  // A file that goes is shown in the diff.
  wantContent: desired.content !== undefined || desired.state === 'absent',
})

/** A regular file: content, mode, owner. A symlink in its place is replaced, a directory never. */
export const fileKind: ResourceKind<File, FileEntry> = {
  kind: 'file',
  key: pathOf,
  reads: (all) => ({ files: all.map(wantedOf) }),
  parse: ({ files }) => files,
  obstacles: (answers, all) =>
    pathObstacles(answers, all, (desired) => ({
      path: pathOf(desired),
      becomes: desired.state === 'absent' ? 'gone file' : 'file',
      inPlace: true,
    })),
  affects: (desired, path) => path === pathOf(desired),
  diff(desired, actual) {
    const fields = fieldsOf(desired, actual)
    const text = textOf(desired, actual)
    if (fields.length === 0 && !text)
      return actual === 'absent' && desired.state !== 'absent' ? created(desired) : undefined
    const action = desired.state === 'absent' ? 'delete' : actual === 'absent' ? 'create' : 'update'
    return { action, desired, actual, fields, ...(text && { texts: [text] }) }
  },
  notes(desired, actual) {
    if (actual === 'absent' || desired.state === 'absent') return []
    const isWritten = actual.mounted && textOf(desired, actual) !== undefined
    return [...(isWritten ? [IN_PLACE] : []), ...aclNotes(actual, desired)]
  },
  apply: (changes) => joinScripts(changes.map(applyOne)),
  autoRevert(changes) {
    const guarded = changes.filter(({ desired }) => desired.guard !== undefined)
    const guard = guarded.some(({ desired }) => desired.guard === 'ssh') ? 'ssh' : 'sudo'
    return guarded.length === 0
      ? undefined
      : snapshotOf(
          guarded.map(({ desired }) => pathOf(desired)),
          guard,
        )
  },
}

/** A file on a host. @throws ProvisionError when the host's plan is made and path or mode is not one. */
export const file = constructorOf(fileKind, { fields: FILE })

const IN_PLACE = 'it is a mount point: what is mounted there is written in place, and not replaced in one step'

/** An empty file without declared attributes: nothing to list, yet something to do. */
const created = (desired: File): Change<File, FileEntry> => ({
  action: 'create',
  desired,
  actual: 'absent',
  fields: [],
})

const fieldsOf = (desired: File, actual: FileState): FieldChange[] => {
  const type = actual === 'absent' ? 'absent' : actual.type
  if (desired.state === 'absent') {
    return type === 'absent' || type === 'file' ? [] : [{ field: 'type', from: type, to: 'absent' }]
  }
  if (type === 'absent' || type === 'file') return attributeChanges(actual, desired)
  return [{ field: 'type', from: type, to: 'file' }, ...attributeChanges('absent', desired)]
}

const textOf = (desired: File, actual: FileState) => {
  if (desired.state === 'absent') return contentChange(pathOf(desired), actual, undefined)
  return desired.content === undefined ? undefined : contentChange(pathOf(desired), actual, desired.content)
}

const applyOne = (change: Change<File, FileEntry>): Script => {
  const { desired, actual } = change
  const path = pathOf(desired)
  if (desired.state === 'absent') return removal(path)
  const inPlace = actual !== 'absent' && actual.type === 'file' && !change.texts
  return joinScripts([
    refuseIf(isDirectory(path), `${path} is a directory: it will not be replaced by a file`),
    ...(actual === 'absent'
      ? [refuseIf(sh`[ ! -d ${posix.dirname(path)} ]`, `${path}: its directory is missing`)]
      : []),
    inPlace ? attributesOnly(desired, path) : install(desired, path, actual),
  ])
}

const attributesOnly = (desired: File, path: string): Script =>
  joinScripts([
    refuseIf(sh`[ ! -f ${path} ] || [ -L ${path} ]`, `${path} is no longer a regular file`),
    setAttributes(desired, sh`${path}`),
    sh`sync -- ${path}`,
  ])

const install = (desired: File, path: string, actual: FileState): Script =>
  installFile({
    path,
    inPlace: actual !== 'absent' && actual.mounted,
    keepAcl: actual !== 'absent' && actual.type === 'file' && actual.acl,
    content: bytesOf(desired.content ?? ''),
    mode: desired.mode === undefined ? undefined : octal(desired.mode),
    owner: desired.owner,
    group: desired.group,
    validate: desired.validate,
  })

const removal = (path: string): Script =>
  joinScripts([
    refuseIf(isDirectory(path), `${path} is a directory, not a file: it will not be removed`),
    refuseIf(
      sh`[ -e ${path} ] && [ ! -f ${path} ] && [ ! -L ${path} ]`,
      `${path} is neither a file nor a symlink: it will not be removed`,
    ),
    sh`rm -f -- ${path}`,
    sh`if [ -d ${posix.dirname(path)} ]; then sync -- ${posix.dirname(path)}; fi`,
  ])
