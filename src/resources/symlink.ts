import { posix } from 'node:path'
import { ProvisionError } from '../errors.ts'
import type { FileEntry, FileState, WantedFile } from '../observe/files.ts'
import type { FieldSchemas } from '../schemas/fields.ts'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import { isDirectory, refuseIf } from './attributes.ts'
import { constructorOf } from './constructor.ts'
import { absolutePath } from './content.ts'
import { isWithin, pathObstacles } from './path-obstacles.ts'
import type { Change, FieldChange, ResourceKind } from './resource.ts'

export const SYMLINK = {
  path: { description: 'Absolute: where the link is.', type: 'string' },
  target: {
    description:
      'Needed unless absent. What the link says, absolute or relative to its own directory; it need not exist.',
    type: 'string',
    given: true,
  },
  state: { description: 'absent: it is removed.', enum: ['present', 'absent'], default: 'present' },
} as const satisfies FieldSchemas

export type Symlink =
  | {
      readonly path: string
      readonly target: string
      readonly state?: 'present' | undefined
    }
  | { readonly path: string; readonly target?: string | undefined; readonly state: 'absent' }

const keyOf = (desired: Symlink): string => absolutePath(desired.path)
const wantedOf = (desired: Symlink): WantedFile => ({ path: keyOf(desired), wantContent: false })

/** A symlink. A file in its place is replaced, a directory never; only a link is ever removed. */
export const symlinkKind: ResourceKind<Symlink, FileEntry> = {
  kind: 'symlink',
  key: keyOf,
  reads: (all) => ({ files: all.map(wantedOf) }),
  parse: ({ files }) => files,
  obstacles: (answers, all) =>
    pathObstacles(answers, all, (desired) => ({
      path: keyOf(desired),
      becomes: desired.state === 'absent' ? 'gone symlink' : 'symlink',
    })),
  affects: (desired, path) => isWithin(path, keyOf(desired)),
  diff(desired, actual) {
    if (desired.state === 'absent') {
      return actual === 'absent'
        ? undefined
        : {
            action: 'delete',
            desired,
            actual,
            fields: [typeChange(actual, 'absent') ?? targetChange(actual, undefined)],
          }
    }
    if (actual !== 'absent' && actual.target === desired.target) return undefined
    const type = typeChange(actual, 'symlink')
    const fields = [...(type ? [type] : []), targetChange(actual, desired.target)]
    return { action: actual === 'absent' ? 'create' : 'update', desired, actual, fields }
  },
  apply: (changes) => joinScripts(changes.map(applyOne)),
}

/** A symlink on a host. */
export const symlink = constructorOf(symlinkKind, {
  fields: SYMLINK,
  check({ path, target, state }) {
    if (state !== 'absent' && target === undefined) {
      throw new ProvisionError(`symlink ${path} needs a target`, { code: 'input', hint: SYMLINK.target.description })
    }
  },
})

const typeChange = (actual: FileState, to: string): FieldChange | undefined =>
  actual === 'absent' || actual.type === 'symlink' ? undefined : { field: 'type', from: actual.type, to }

const targetChange = (actual: FileState, to: string | undefined): FieldChange => ({
  field: 'target',
  from: actual === 'absent' ? undefined : actual.target,
  to,
})

const applyOne = ({ desired }: Change<Symlink, FileEntry>): Script => {
  const path = keyOf(desired)
  const dir = posix.dirname(path)
  if (desired.state === 'absent') {
    return joinScripts([
      refuseIf(sh`[ -e ${path} ] && [ ! -L ${path} ]`, `${path} is not a symlink: it will not be removed`),
      sh`rm -f -- ${path}`,
      sh`if [ -d ${dir} ]; then sync -- ${dir}; fi`,
    ])
  }
  const stem = posix.join(dir, `.${posix.basename(path)}.provision.`)
  return joinScripts([
    refuseIf(isDirectory(path), `${path} is a directory: it will not be replaced by a symlink`),
    sh`dest=${path}; stem=${stem}`,
    // What a power cut left behind.
    rawScript('rm -f -- "$stem"??????'),
    // A link can't be changed, only replaced: made beside and renamed, so that it is never missing.
    rawScript('link=$(mktemp -u -- "${stem}XXXXXX")'),
    sh`ln -sT -- ${desired.target} "$link"`,
    rawScript('mv -fT -- "$link" "$dest"'),
    sh`sync -- ${dir}`,
  ])
}
