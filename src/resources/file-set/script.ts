import { posix } from 'node:path'
import type { Text } from '../../masking/secret.ts'
import { REFUSED } from '../../shell/install-file.ts'
import { joinScripts, rawScript, type Script, sh, writeBytes } from '../../shell/script.ts'
import { type Attributes, isDirectory, refuseIf, setAttributes } from '../attributes.ts'
import { bytesOf } from '../content.ts'

/** Where sets are staged: root's own, so that no secret in them is ever readable to others. */
const STAGES = '/var/lib/provision/stage'

export interface SetInstall {
  readonly name: string
  /** Absolute. */
  readonly root: string
  /** Those to be replaced, by normal path relative to root. */
  readonly files: readonly (Attributes & { readonly path: string; readonly content: Text })[]
  /** Relative paths of what is to go. */
  readonly purged: readonly string[]
  /** Fails when "$STAGE", the root as it would be, is not valid. */
  readonly validate: Script
}

/**
 * Replaces files of a set: a copy of its root gets them, the set's validation says yes, each is written beside its
 * place and flushed, and only then all are renamed. Whatever fails before the first rename, every old file stays and
 * nothing is left behind; cut between two renames, the next run finds what is missing and does the same again.
 */
export function installSet({ name, root, files, purged, validate }: SetInstall): Script {
  const paths = files.map(({ path }) => path)
  const dirs = [...new Set(paths.flatMap(ancestors))]
  const touched = [...new Set(['.', ...[...paths, ...purged].map((path) => posix.dirname(path))])]
  return joinScripts([
    rawScript('('),
    sh`root=${root}`,
    stage(name, paths),
    sh`mkdir -p -- ${root}`,
    rawScript('cp -a -- "$root/." "$STAGE/"'),
    ...dirs.map(refuseLink),
    ...files.map(overlay),
    ...purged.map((path) => sh`rm -f -- "$STAGE"/${path}`),
    sh`invalid=${`${name}: not valid; the files in place stay as they were`}`,
    // A process of its own: an `exit` in it ends the validation, not the change.
    rawScript('('),
    validate,
    rawScript(`) </dev/null || exit ${REFUSED}`),
    rawScript('invalid='),
    ...paths.map((path) => refuseDirectory(posix.join(root, path))),
    ...dirs.map((dir) => sh`mkdir -p -- "$root"/${dir}`),
    ...paths.map(
      (path) => sh`
        rm -f -- "$root"/${besideOf(path)}??????
        cp -aT -- "$STAGE"/${path} "$root"/${besideOf(path)}"$suffix"
        sync -- "$root"/${besideOf(path)}"$suffix"`,
    ),
    ...paths.map((path) => sh`mv -fT -- "$root"/${besideOf(path)}"$suffix" "$root"/${path}`),
    ...purged.map((path) => sh`rm -f -- "$root"/${path}`),
    ...touched.map((dir) => sh`[ ! -d "$root"/${dir} ] || sync -- "$root"/${dir}`),
    rawScript(')'),
  ])
}

/** `a/b/c` → `a`, `a/b`. */
const ancestors = (path: string): string[] => {
  const dir = posix.dirname(path)
  return dir === '.' ? [] : [...ancestors(dir), dir]
}

/** Hidden, so that no include takes it. The same form as that of a single file's: whichever runs next cleans up. */
const besideOf = (path: string): string => posix.join(posix.dirname(path), `.${posix.basename(path)}.provision.`)

/** dash runs an EXIT trap when it exits, not when a signal ends it: signals are made exits. */
const stage = (name: string, paths: readonly string[]): Script =>
  joinScripts([
    sh`stages=${STAGES}; name=${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`,
    rawScript('mkdir -p -m 0700 -- "${stages%/*}" "$stages"'),
    // What a power cut left behind.
    rawScript('rm -rf -- "$stages/$name".??????'),
    rawScript('invalid='),
    rawScript('made=$(mktemp -d -- "$stages/$name.XXXXXX")'),
    rawScript('suffix=${made##*.}'),
    rawScript('clean() {'),
    rawScript('[ -z "$invalid" ] || echo "$invalid" >&2'),
    rawScript('rm -rf -- "$made"'),
    ...paths.map((path) => sh`rm -f -- "$root"/${besideOf(path)}"$suffix"`),
    rawScript('}'),
    rawScript('trap clean EXIT'),
    rawScript("trap 'exit 1' HUP INT TERM"),
    rawScript('STAGE=$made/root'),
    rawScript('mkdir -- "$STAGE"'),
  ])

/** A link to a directory would lead the staged file out of the stage, to where it is in use. */
const refuseLink = (dir: string): Script =>
  refuseIf(sh`[ -L "$STAGE"/${dir} ]`, `${dir} is a symlink: files of a set are not written through it`)

const refuseDirectory = (path: string): Script =>
  refuseIf(isDirectory(path), `${path} is a directory: it will not be replaced by a file`)

const overlay = ({ path, content, ...attributes }: SetInstall['files'][number]): Script =>
  joinScripts([
    sh`mkdir -p -- "$STAGE"/${posix.dirname(path)}`,
    sh`new="$STAGE"/${path}; old="$root"/${path}`,
    rawScript('rm -rf -- "$new"'),
    writeBytes(bytesOf(content), rawScript('"$new"')),
    rawScript('chmod 0644 -- "$new"'),
    // With its ACL, if it has one. The stage is root's alone: nobody looks in before all is as it shall be.
    rawScript(
      'if [ -f "$old" ] && [ ! -L "$old" ]; then cp --attributes-only --preserve=mode,ownership -- "$old" "$new"; fi',
    ),
    setAttributes(attributes, rawScript('"$new"')),
  ])
