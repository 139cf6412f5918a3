import { posix } from 'node:path'
import { joinScripts, rawScript, type Script, sh, writeBytes } from './script.ts'

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
}

/**
 * Replaces a file in one step: staged beside it under a hidden name (which includes and sudoers.d ignore) and closed
 * to others, given its owner and mode, validated, flushed to disk, then renamed. Whatever dies on the way, the old
 * file is whole and in place. For use under `set -eu`; safe to run twice.
 */
export function installFile(file: InstallFile): Script {
  const dir = posix.dirname(file.path)
  const stem = `${dir === '/' ? '' : dir}/.${posix.basename(file.path)}.provision.`
  return rawScript(
    [
      '(',
      sh`dest=${file.path}; stem=${stem}`.sh,
      // What a power cut left behind.
      'rm -f -- "$stem"??????',
      'file=$(mktemp -- "${stem}XXXXXX")',
      `trap 'rm -f -- "$file"' EXIT`,
      writeBytes(file.content, rawScript('"$file"')).sh,
      ownership(file).sh,
      // A process of its own: an `exit` in it ends the validation, not the change.
      ...(file.validate ? ['(', file.validate.sh, ') </dev/null'] : []),
      'sync -- "$file"',
      'mv -fT -- "$file" "$dest"',
      'trap - EXIT',
      sh`sync -- ${dir}`.sh,
      ')',
    ].join('\n'),
  )
}

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
