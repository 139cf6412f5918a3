import { posix } from 'node:path'
import { joinScripts, rawScript, type Script, sh, writeBytes } from './script.ts'

/** Exit status of a change that its own validation refused: nothing of it landed. */
export const REFUSED = 78

export interface InstallFile {
  /** Absolute path of the file to be written. */
  readonly path: string
  readonly content: string | Uint8Array
  /** Octal, e.g. `0644`. Undefined: as the present file has it, else 0644. */
  readonly mode?: string | undefined
  /** Undefined: as the present file has it, else root. */
  readonly owner?: string | undefined
  readonly group?: string | undefined
  /** Runs with the staged file's path in "$file"; a non-zero status keeps the old file. */
  readonly validate?: Script | undefined
  /**
   * The present file is a mount point, which nothing can be renamed over: it is written in place. What was in it is put
   * back when that fails (a full disk), but a power cut in between leaves half of it.
   */
  readonly inPlace?: boolean | undefined
  /** The present file has an ACL: the new one gets it, with `mode` as its mask. */
  readonly keepAcl?: boolean | undefined
}

/**
 * Replaces a file in one step: staged beside it under a hidden name (which includes and sudoers.d ignore) and closed
 * to others, given its owner and mode, validated, flushed to disk, then renamed. Whatever dies on the way, the old
 * file is whole and in place. For use under `set -eu`; safe to run twice.
 */
export function installFile(file: InstallFile): Script {
  const dir = posix.dirname(file.path)
  return rawScript(
    [
      '(',
      sh`dest=${file.path}; stem=${stemOf(file.path)}`.sh,
      // What a power cut left behind.
      'rm -f -- "$stem"??????',
      'file=$(mktemp -- "${stem}XXXXXX")',
      `trap 'rm -f -- "$file"' EXIT`,
      ...(file.keepAcl ? [WITH_ACL] : []),
      writeBytes(file.content, rawScript('"$file"')).sh,
      ownership(file).sh,
      // A process of its own: an `exit` in it ends the validation, not the change.
      ...(file.validate ? ['(', file.validate.sh, `) </dev/null || exit ${REFUSED}`] : []),
      'sync -- "$file"',
      ...(file.inPlace ? [IN_PLACE] : ['mv -fT -- "$file" "$dest"', 'trap - EXIT']),
      sh`sync -- ${dir}`.sh,
      ')',
    ].join('\n'),
  )
}

/**
 * Replaces several files, as {@link installFile} does one: all are staged, validated together and flushed before the
 * first is renamed. Whatever fails before that, every old file stays; cut between two renames, each is whole, old or new.
 * @param validate runs with the staged files' paths in "$file1", "$file2", …; a non-zero status keeps the old files
 */
export function installFiles(
  files: readonly Pick<InstallFile, 'path' | 'content' | 'mode' | 'owner' | 'group'>[],
  validate: Script | undefined,
): Script {
  const staged = files.map((_, i) => `"$file${i + 1}"`)
  const dirs = [...new Set(files.map(({ path }) => posix.dirname(path)))]
  return rawScript(
    [
      '(',
      ...files.map((_, i) => `file${i + 1}=`),
      // None is staged yet: an empty name is no file.
      `trap 'rm -f -- ${staged.join(' ')}' EXIT`,
      ...files.flatMap((file, i) => [
        sh`dest=${file.path}; stem=${stemOf(file.path)}`.sh,
        'rm -f -- "$stem"??????',
        `file=$(mktemp -- "\${stem}XXXXXX"); file${i + 1}=$file`,
        writeBytes(file.content, rawScript('"$file"')).sh,
        ownership(file).sh,
      ]),
      ...(validate ? ['(', validate.sh, `) </dev/null || exit ${REFUSED}`] : []),
      `sync -- ${staged.join(' ')}`,
      ...files.map(({ path }, i) => sh`mv -fT -- ${rawScript(staged[i] ?? '')} ${path}`.sh),
      'trap - EXIT',
      sh`sync -- ${dirs}`.sh,
      ')',
    ].join('\n'),
  )
}

/** Of what is staged beside a file: hidden, so that no include takes it. */
const stemOf = (path: string): string => {
  const dir = posix.dirname(path)
  return `${dir === '/' ? '' : dir}/.${posix.basename(path)}.provision.`
}

/**
 * The staged file is made anew with the ACL of the present one, in a folder that nobody else can look into: who may read
 * the present file could else open the staged one before it is closed, and wait for its content.
 */
const WITH_ACL = [
  'rm -rf -- "$stem"acl.??????',
  'box=$(mktemp -d -- "${stem}acl.XXXXXX")',
  `trap 'rm -rf -- "$box" "$file"' EXIT`,
  'cp --attributes-only --preserve=mode,ownership -- "$dest" "$box/file"',
  'chmod 0600 -- "$box/file"',
  'mv -fT -- "$box/file" "$file"',
  'rmdir -- "$box"',
].join('\n')

const IN_PLACE = [
  'was=$(mktemp -- "${stem}XXXXXX")',
  `trap 'rm -f -- "$file" "$was"' EXIT`,
  'cat -- "$dest" >"$was"',
  'if ! cat -- "$file" >"$dest"; then cat -- "$was" >"$dest"; exit 1; fi',
  'chown --reference="$file" -- "$dest"; chmod --reference="$file" -- "$dest"',
  'sync -- "$dest"',
].join('\n')

/** The mode comes last and in one step: chown clears set-id bits, and a secret is never open to others in between. */
const ownership = ({ mode, owner, group }: InstallFile): Script =>
  joinScripts([
    rawScript('old=; if [ -f "$dest" ] && [ ! -L "$dest" ]; then old=1; chown --reference="$dest" -- "$file"; fi'),
    ...(owner !== undefined ? [sh`chown -- ${owner} "$file"`] : []),
    ...(group !== undefined ? [sh`chgrp -- ${group} "$file"`] : []),
    mode !== undefined
      ? sh`chmod -- ${mode} "$file"`
      : rawScript('if [ -n "$old" ]; then chmod --reference="$dest" -- "$file"; else chmod 0644 -- "$file"; fi'),
  ])
