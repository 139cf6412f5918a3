import { posix } from 'node:path'
import { ProvisionError } from '../errors.ts'
import type { FileEntry, WantedFile } from '../observe/files.ts'
import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { joinScripts, type Script, sh } from '../shell/script.ts'
import { ATTRIBUTES, aclNotes, attributeChanges, isDirectory, octal, refuseIf, setAttributes } from './attributes.ts'
import { constructorOf } from './constructor.ts'
import { absolutePath } from './content.ts'
import { type Becomes, isWithin, pathObstacles } from './path-obstacles.ts'
import type { Change, ResourceKind } from './resource.ts'

export const DIRECTORY = {
  path: { description: 'Absolute. Missing parents are made, with mode 0755.', type: 'string' },
  ...ATTRIBUTES,
  state: { description: 'absent: an empty directory is removed.', enum: ['present', 'absent'], default: 'present' },
  follow: {
    description:
      'A symlink that leads to a directory counts as that directory, as where it is on a disk of its own. Only for a path where nobody but root can make links. Else a symlink is refused.',
    type: 'boolean',
    default: false,
  },
  recurse: {
    description: 'With `absent`: it is removed with all that is in it, on its own file system only.',
    type: 'boolean',
    default: false,
  },
} as const satisfies FieldSchemas

export type Directory = FieldsOf<typeof DIRECTORY>

/** Directories that hold a system together; what is directly below `/` is one too. */
const PROTECTED = new Set(
  `/etc/apt /etc/network /etc/pam.d /etc/ssh /etc/sudoers.d /etc/systemd /usr/bin /usr/lib /usr/lib64 /usr/libexec
  /usr/local /usr/sbin /usr/share /var/cache /var/lib /var/lib/apt /var/lib/dpkg /var/lib/provision /var/lib/systemd
  /var/log /var/mail /var/run /var/spool /var/tmp`.split(/\s+/),
)

const isProtected = (path: string): boolean => posix.dirname(path) === '/' || PROTECTED.has(path)

const keyOf = (desired: Directory): string => {
  const path = absolutePath(desired.path)
  if (desired.state === 'absent' && isProtected(path)) {
    throw new ProvisionError(`${path} is a directory of the system: it will not be removed`, { code: 'input' })
  }
  return path
}

const wantedOf = (desired: Directory): WantedFile => ({
  path: absolutePath(desired.path),
  wantContent: false,
  // What is to go is the link, if it is one.
  ...(isFollowed(desired) && { follow: true }),
})

const isFollowed = ({ follow, state }: Directory): boolean => follow === true && state !== 'absent'

const becomes = ({ state, recurse }: Directory): Becomes => {
  if (state !== 'absent') return 'directory'
  return recurse ? 'gone tree' : 'gone directory'
}

/** A directory: there with its mode and owner, or gone. Anything else in its place is refused. */
export const directoryKind: ResourceKind<Directory, FileEntry> = {
  kind: 'directory',
  key: keyOf,
  reads: (all) => ({ files: all.map(wantedOf) }),
  parse: ({ files }) => files,
  obstacles: (answers, all) =>
    pathObstacles(answers, all, (desired) => ({ path: absolutePath(desired.path), becomes: becomes(desired) })),
  // Made with those above it, removed with what is in it.
  affects: (desired, path) =>
    desired.state === 'absent' ? isWithin(path, keyOf(desired)) : isWithin(keyOf(desired), path),
  diff(desired, actual) {
    const type = actual === 'absent' ? 'absent' : actual.type
    if (desired.state === 'absent') {
      if (actual === 'absent') return undefined
      const to = desired.recurse ? 'absent, with all that is in it' : 'absent'
      return { action: 'delete', desired, actual, fields: [{ field: 'type', from: type, to }] }
    }
    const kept = type === 'directory' ? actual : 'absent'
    const fields = [
      ...(type === 'absent' || type === 'directory' ? [] : [{ field: 'type', from: type, to: 'directory' }]),
      ...attributeChanges(kept, desired),
    ]
    if (type === 'directory' && fields.length === 0) return undefined
    return { action: type === 'absent' ? 'create' : 'update', desired, actual, fields }
  },
  notes: (desired, actual) => (actual === 'absent' || desired.state === 'absent' ? [] : aclNotes(actual, desired)),
  apply: (changes) => joinScripts(changes.map(applyOne)),
}

/** A directory on a host. */
export const directory = constructorOf(directoryKind, { fields: DIRECTORY })

const applyOne = ({ desired }: Change<Directory, FileEntry>): Script => {
  const path = keyOf(desired)
  return desired.state === 'absent' ? removal(path, desired.recurse ?? false) : creation(desired, path)
}

const creation = (desired: Directory, path: string): Script => {
  const isOther = isFollowed(desired) ? sh`[ ! -d ${path} ]` : sh`{ [ ! -d ${path} ] || [ -L ${path} ]; }`
  return joinScripts([
    refuseIf(
      sh`{ [ -e ${path} ] || [ -L ${path} ]; } && ${isOther}`,
      `${path} is not a directory: it will not be replaced by one`,
    ),
    // Made with its mode, so that it is never open to more than it shall be.
    sh`[ -d ${path} ] || mkdir -p -m ${octal(desired.mode ?? '0755')} -- ${path}`,
    setAttributes(desired, isFollowed(desired) ? sh`${path}/.` : sh`${path}`),
    sh`sync -- ${path} ${posix.dirname(path)}`,
  ])
}

const removal = (path: string, recurse: boolean): Script =>
  joinScripts([
    refuseIf(
      sh`{ [ -e ${path} ] || [ -L ${path} ]; } && ! { ${isDirectory(path)}; }`,
      `${path} is not a directory: it will not be removed`,
    ),
    recurse ? sh`rm -rf --one-file-system -- ${path}` : sh`if [ -d ${path} ]; then rmdir -- ${path}; fi`,
    sh`if [ -d ${posix.dirname(path)} ]; then sync -- ${posix.dirname(path)}; fi`,
  ])
