import { quote } from './quote.ts'

/**
 * POSIX sh for a target. A type of its own, so that nobody passes plain text where a script is wanted:
 * it is made by `sh`, which quotes every interpolated value, or by joining scripts.
 */
export interface Script {
  readonly sh: string
}

type Value = string | number | readonly string[] | Script

const isScript = (value: Value): value is Script => typeof value === 'object' && 'sh' in value

const render = (value: Value): string => {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return String(value)
  return isScript(value) ? value.sh : value.map(quote).join(' ')
}

/**
 * A script from a template. Interpolated strings become one quoted word each, lists become quoted words,
 * numbers stand as they are and scripts are inserted whole. Backslashes in the template are kept as written, but for
 * `\${` and an escaped backtick, which stand for the shell's own; the template's own indentation (that of its first line) is taken away, that of inserted values is kept.
 */
export function sh(template: TemplateStringsArray, ...values: readonly Value[]): Script {
  const first = (template.raw[0] ?? '').replace(/^\n/, '')
  const indent = /^[ \t]*/.exec(first)?.[0] ?? ''
  const margin = new RegExp(`\n${indent}`, 'g')
  const chunks = template.raw.map((chunk) =>
    chunk.replaceAll('\\${', '${').replaceAll('\\`', '`').replaceAll(margin, '\n'),
  )
  chunks[0] = (chunks[0] ?? '').replace(/^\n/, '').replace(new RegExp(`^${indent}`), '')
  const text = chunks.reduce((all, chunk, i) => {
    const value = values[i - 1]
    return value === undefined ? all + chunk : all + render(value) + chunk
  })
  return { sh: text.replace(/\n[ \t]*$/, '') }
}

/** A script from text that is known to be sh (what a user wrote as a command, generated lines). */
export function rawScript(text: string): Script {
  return { sh: text }
}

export function joinScripts(scripts: readonly Script[], separator = '\n'): Script {
  return { sh: scripts.map((script) => script.sh).join(separator) }
}

export const EMPTY: Script = { sh: '' }

/**
 * Writes bytes to where a redirection points (`"$tmp"`, `"$dir/name"`), as base64 in a heredoc: any content passes
 * and none of it is ever in an argument vector.
 * @param target a script that is one word, e.g. sh`"$tmp"`
 */
export function writeBytes(content: string | Uint8Array, target: Script): Script {
  const base64 = Buffer.from(content).toString('base64')
  const lines = base64.match(/.{1,976}/g) ?? []
  return { sh: [`base64 -d >${target.sh} <<'PROVISION_BYTES'`, ...lines, 'PROVISION_BYTES'].join('\n') }
}
