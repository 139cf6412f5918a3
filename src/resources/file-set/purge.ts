import { posix } from 'node:path'
import picomatch from 'picomatch'
import { CONTENT_LIMIT } from '../../observe/files-library.ts'
import { EMPTY, rawScript, type Script, sh } from '../../shell/script.ts'

/** Where a file set removes what it does not list. */
export interface Purge {
  /** Absolute. */
  readonly root: string
  /** Relative to root, as are `listed`. */
  readonly globs: readonly string[]
  readonly listed: readonly string[]
}

/**
 * The question what lies in a file set's purged places besides its own files. `find` answers with more than the globs
 * match (its `*` crosses slashes); the globs themselves are applied to the answer. The shell inside runs only when
 * there is something to tell, so a set without strays costs one fork.
 */
export function probeUnlisted({ root, globs, listed }: Purge, index: number): Script {
  if (globs.length === 0) return EMPTY
  const places = [...new Set(globs.map((glob) => posix.join(root, picomatch.scan(glob).base)))]
  const matching = globs.flatMap((glob, i) => [
    ...(i === 0 ? [] : ['-o']),
    '-path',
    posix.join(escaped(root), pattern(glob)),
  ])
  const others = listed.flatMap((path) => ['!', '-path', escaped(posix.join(root, path))])
  return sh`
    set --
    for place in ${places}; do if [ -e "$place" ]; then set -- "$@" "$place"; fi; done
    if [ $# -gt 0 ]; then
      find "$@" ! -type d '(' ${matching} ')' ${others} -exec sh -c ${TELL} ${root} ${String(index)} {} +
    fi`
}

/** Content goes along as in the probe of files, size-capped: `@unlisted index name [=content]`. */
const TELL = rawScript(
  [
    'index=$1; shift',
    'for file do',
    '  printf "@unlisted %s " "$index"; printf %s "${file#"${0%/}/"}" | base64 -w 0',
    `  if [ -f "$file" ] && [ ! -L "$file" ] && [ "$(stat -c %s -- "$file")" -le ${CONTENT_LIMIT} ]; then`,
    '    printf " ="; base64 -w 0 <"$file"',
    '  fi',
    '  echo',
    'done',
  ].join('\n'),
).sh

/** Relative path and content of what the probe of this set told. */
export function parseUnlisted(answer: string, index: number): [string, { readonly content: Buffer | undefined }][] {
  return answer
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([tag, number]) => tag === '@unlisted' && number === String(index))
    .map(([, , name, content]) => [
      Buffer.from(name ?? '', 'base64').toString('utf8'),
      { content: content === undefined ? undefined : Buffer.from(content.slice(1), 'base64') },
    ])
}

const escaped = (path: string): string => path.replace(/[*?[\]\\]/g, '\\$&')

/** A pattern of find that matches at least what the glob matches. */
const pattern = (glob: string): string =>
  /[[\]{}()!+@\\]/.test(glob)
    ? `${escaped(picomatch.scan(glob).base)}*`
    : posix.normalize(glob).replaceAll('**/', '*').replaceAll('**', '*')
