import { posix } from 'node:path'
import picomatch from 'picomatch'
import { ProvisionError } from '../../errors.ts'
import type { Text } from '../../masking/secret.ts'
import type { FileEntry, FileState, WantedFile } from '../../observe/files.ts'
import type { FieldSchemas, FieldsOf } from '../../schemas/fields.ts'
import { joinScripts } from '../../shell/script.ts'
import { ATTRIBUTES, aclNotes, attributeChanges } from '../attributes.ts'
import { constructorOf } from '../constructor.ts'
import { absolutePath, contentChange, sha256 } from '../content.ts'
import { snapshotOf } from '../guard.ts'
import { isWithin, pathObstacles } from '../path-obstacles.ts'
import type { Change, FieldChange, Obstacle, ResourceKind, TextChange } from '../resource.ts'
import { nameNote, nameObstacle, parseUnresolved, probeNames } from './names.ts'
import { type Purge, parseUnlisted, probeUnlisted } from './purge.ts'
import { installSet } from './script.ts'

export const FILE_SET = {
  name: { description: 'Its identity on a host: `nginx`.', type: 'string' },
  root: { description: 'Absolute directory that holds them all; made when it is not there.', type: 'string' },
  files: {
    description: 'By path relative to `root`.',
    type: 'object',
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required: ['content'],
      properties: {
        content: { description: 'What is in it.', is: 'text' },
        ...ATTRIBUTES,
        keep: {
          description:
            'For what a run writes into the file for a while, such as that a server is drained: gives the wanted text with what is to stay of the present one. Pure; the same twice is the same. Not asked for a text with secrets.',
          is: 'keep',
        },
      },
    },
  },
  purge: {
    description:
      "Globs relative to `root`: what they match and `files` does not list is removed: `['sites-enabled/*', 'conf.d/*.conf']`.",
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  validate: {
    description:
      'sh`…` that fails when the staged copy of `root`, `"$STAGE"`, is not valid: nothing is then changed. `nginx -t -q -c "$STAGE/nginx.conf"`.',
    is: 'script',
  },
  names: {
    description:
      'Host names without which the program does not start, as servers of an upstream of nginx: where one can not be looked up on the host, a change is refused in the plan.',
    type: 'array',
    items: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' },
    optional: true,
  },
  guard: {
    description: "The files can cut the tool's own access: they are put back when a new connection fails.",
    enum: ['ssh', 'sudo'],
    optional: true,
  },
} as const satisfies FieldSchemas

/** Files that are valid only together, as nginx's. */
export type FileSet = FieldsOf<typeof FILE_SET>

export type FileOfSet = FileSet['files'][string]

export interface FileSetState {
  /** The listed files, by relative path. */
  readonly files: Readonly<Record<string, FileState>>
  /** What purge would remove, by relative path. Content: undefined when it is no regular file or too large. */
  readonly unlisted: Readonly<Record<string, { readonly content: Buffer | undefined }>>
  /** Of the set's names, what the host can't look up. */
  readonly unresolved: readonly string[]
}

/** Staged, validated by the program itself and moved into place together; on failure the old files all stay. */
export const fileSetKind: ResourceKind<FileSet, FileSetState> = {
  kind: 'file-set',
  key(desired) {
    for (const path of [...Object.keys(desired.files), ...(desired.purge ?? [])]) insideRoot(desired, path)
    absolutePath(desired.root)
    return desired.name
  },
  reads: (all) => ({ files: all.flatMap(wantedOf) }),
  probe: (all) =>
    joinScripts(
      all
        .flatMap((set, i) => [probeUnlisted(purgeOf(set), i), probeNames(set.names ?? [], i)])
        .filter(({ sh }) => sh !== ''),
    ),
  parse({ files: states, own }, all) {
    return new Map(
      all.map((desired, i) => {
        const paths = Object.keys(desired.files)
        const files = Object.fromEntries(paths.map((path) => [path, states.get(fullPath(desired, path)) ?? 'absent']))
        const listed = new Set(paths.map((path) => posix.normalize(path)))
        const matches = picomatch([...(desired.purge ?? [])], { dot: true })
        const unlisted = parseUnlisted(own, i).filter(([path]) => !listed.has(path) && matches(path))
        const state = { files, unlisted: Object.fromEntries(unlisted), unresolved: parseUnresolved(own, i) }
        return [desired.name, isBare(state) && state.unresolved.length === 0 ? 'absent' : state]
      }),
    )
  },
  obstacles(answers, all) {
    const states = fileSetKind.parse(answers, all)
    const found = pathObstacles(answers, all.flatMap(wantedOf), ({ path }) => ({ path, becomes: 'file' }))
    return new Map(
      all.flatMap((desired, i): [string, Obstacle][] => {
        const actual = states.get(desired.name)
        if (actual === undefined || actual === 'unknown') return []
        const paths = changedOf(withKept(desired, actual), actual).map((path) => fullPath(desired, path))
        // The directories of a set are made with it.
        const obstacle = paths.flatMap((path) => found.get(path) ?? []).find(({ path }) => paths.includes(path ?? ''))
        if (obstacle) return [[desired.name, obstacle]]
        const unresolved = parseUnresolved(answers.own, i)
        return unresolved.length > 0 ? [[desired.name, nameObstacle(unresolved)]] : []
      }),
    )
  },
  affects: (desired, path) => isWithin(path, absolutePath(desired.root)) || isWithin(absolutePath(desired.root), path),
  diff(declared, actual) {
    const desired = withKept(declared, actual)
    const listed = Object.keys(desired.files)
    const fields = listed.flatMap((path) => fieldsOf(desired, path, stateOf(actual, path)))
    const texts = [
      ...listed.flatMap((path) => {
        const state = stateOf(actual, path)
        const text = contentChange(fullPath(desired, path), state, desired.files[path]?.content)
        return text ? [text] : []
      }),
      ...(actual === 'absent' ? [] : Object.entries(actual.unlisted)).map(([path, { content }]) =>
        removed(fullPath(desired, path), content),
      ),
    ]
    if (fields.length === 0 && texts.length === 0) return undefined
    return { action: isBare(actual) ? 'create' : 'update', desired, actual, fields, texts }
  },
  notes(desired, actual) {
    const { files } = withKept(desired, actual)
    const unresolved = actual === 'absent' ? [] : actual.unresolved
    const pathNotes = Object.entries(files).flatMap(([path, file]) => {
      const state = stateOf(actual, path)
      const acl = state === 'absent' ? [] : aclNotes(state, file).map((note) => `${path}: ${note}`)
      return [...keptLines(desired, path, file.content), ...acl]
    })
    return [...pathNotes, ...(unresolved.length > 0 ? [nameNote(unresolved)] : [])]
  },
  apply: (changes) =>
    joinScripts(
      changes.map(({ desired, actual }) =>
        installSet({
          name: desired.name,
          root: absolutePath(desired.root),
          files: changedOf(desired, actual).flatMap((path) => {
            const file = desired.files[path]
            return file ? [{ ...file, path: posix.normalize(path) }] : []
          }),
          purged: purgedOf(actual),
          validate: desired.validate,
        }),
      ),
    ),
  autoRevert(changes) {
    const guarded = changes.filter(({ desired }) => desired.guard !== undefined)
    if (guarded.length === 0) return undefined
    const paths = guarded.flatMap(({ desired, actual }) =>
      [...changedOf(desired, actual), ...purgedOf(actual)].map((path) => fullPath(desired, path)),
    )
    return snapshotOf(paths, guarded.some(({ desired }) => desired.guard === 'ssh') ? 'ssh' : 'sudo')
  },
}

/** A validated set of files on a host. */
export const fileSet = constructorOf(fileSetKind, { fields: FILE_SET })

const insideRoot = ({ name }: FileSet, path: string): void => {
  const normal = posix.normalize(path)
  if (normal === '.' || normal.endsWith('/') || normal.startsWith('/') || /^\.\.(\/|$)/.test(normal)) {
    throw new ProvisionError(`${JSON.stringify(path)} of the file set "${name}" is not a path inside its root`, {
      code: 'input',
    })
  }
}

const fullPath = (desired: FileSet, path: string): string => posix.join(absolutePath(desired.root), path)

const purgeOf = (desired: FileSet): Purge => ({
  root: absolutePath(desired.root),
  globs: desired.purge ?? [],
  listed: Object.keys(desired.files),
})

const wantedOf = (desired: FileSet): WantedFile[] =>
  Object.entries(desired.files).map(([path, { content }]) => ({
    path: fullPath(desired, path),
    sha256: sha256(content),
    wantContent: true,
  }))

/** The set with what its files are to keep of what they hold. */
function withKept(desired: FileSet, actual: FileSetState | 'absent'): FileSet {
  const files = Object.entries(desired.files).map(([path, file]): [string, FileOfSet] => {
    const state = stateOf(actual, path)
    const present = state === 'absent' || state.type !== 'file' ? undefined : state.content
    if (file.keep === undefined || present === undefined || typeof file.content !== 'string') return [path, file]
    return [path, { ...file, content: file.keep(file.content, present.toString('utf8')) }]
  })
  return { ...desired, files: Object.fromEntries(files) }
}

const keptLines = (desired: FileSet, path: string, kept: Text): string[] => {
  const wanted = desired.files[path]?.content
  if (typeof wanted !== 'string' || typeof kept !== 'string' || kept === wanted) return []
  const declared = new Set(wanted.split('\n'))
  const lines = kept.split('\n').filter((line) => !declared.has(line))
  return [...new Set(lines)].map((line) => `${fullPath(desired, path)} keeps "${line.trim()}"`)
}

/** Nothing of it is there. */
const isBare = (actual: FileSetState | 'absent'): boolean =>
  actual === 'absent' ||
  (Object.keys(actual.unlisted).length === 0 && Object.values(actual.files).every((state) => state === 'absent'))

const stateOf = (actual: FileSetState | 'absent', path: string): FileState =>
  actual === 'absent' ? 'absent' : (actual.files[path] ?? 'absent')

const fieldsOf = (desired: FileSet, path: string, state: FileState): FieldChange[] => {
  const type = state === 'absent' ? 'absent' : state.type
  const kept: FileEntry | 'absent' = state !== 'absent' && type === 'file' ? state : 'absent'
  return [
    ...(type === 'absent' || type === 'file' ? [] : [{ field: 'type', from: type, to: 'file' }]),
    ...attributeChanges(kept, desired.files[path] ?? {}),
  ].map((change) => ({ ...change, field: `${path} ${change.field}` }))
}

const removed = (name: string, content: Buffer | undefined): TextChange => {
  const text = content && (content.includes(0) ? undefined : content.toString('utf8'))
  return text === undefined
    ? { name, before: undefined, after: undefined, note: 'removed' }
    : { name, before: text, after: undefined }
}

/** Relative paths of the files that differ in anything. */
const changedOf = (desired: FileSet, actual: Change<FileSet, FileSetState>['actual']): string[] =>
  Object.keys(desired.files).filter((path) => {
    const state = stateOf(actual, path)
    return (
      fieldsOf(desired, path, state).length > 0 ||
      contentChange(path, state, desired.files[path]?.content) !== undefined
    )
  })

const purgedOf = (actual: FileSetState | 'absent'): string[] =>
  actual === 'absent' ? [] : Object.keys(actual.unlisted)
