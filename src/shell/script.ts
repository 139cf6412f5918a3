import { isSecret, reveal, type Secret, secret, type Text } from '../masking/secret.ts'
import { quote } from './quote.ts'

/**
 * POSIX sh for a target. A type of its own, so that nobody passes plain text where a script is wanted:
 * it is made by `sh`, which quotes every interpolated value, or by joining scripts. An object that only looks like one
 * is none.
 */
export interface Script {
  readonly [SCRIPT]: true
  readonly sh: string
}

/** A script with secrets in it, for what keeps them out of argument vectors: `run` of a command. */
export interface SecretScript {
  readonly [SCRIPT]: true
  readonly text: Text
}

// Of the registry: a second copy of this module makes scripts as well.
const SCRIPT: unique symbol = Symbol.for('provision.script')

type Value = string | number | readonly string[] | Script

export function isScript(value: unknown): value is Script {
  return isAnyScript(value) && 'sh' in value
}

/** With or without secrets. */
export function isAnyScript(value: unknown): value is Script | SecretScript {
  return typeof value === 'object' && value !== null && SCRIPT in value
}

const scriptOf = (text: string): Script => ({ [SCRIPT]: true, sh: text })

/** Its text, with its secrets as what they are. */
export const scriptText = (script: Script | SecretScript): Text => ('sh' in script ? script.sh : script.text)

const WANTED = 'text, a number, a list of texts, a secret, or a script'

function render(value: unknown): Text {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return String(value)
  if (isSecret(value)) return [secret(quote(reveal(value)))]
  if (isAnyScript(value)) return scriptText(value)
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.map(quote).join(' ')
  throw new TypeError(`sh\`…\`: what is interpolated is ${kindOf(value)}, and must be ${WANTED}`)
}

const kindOf = (value: unknown): string => {
  if (value === undefined || value === null || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list of other things' : `a value of type ${typeof value}`
}

/**
 * A script from a template. Interpolated strings become one quoted word each, lists become quoted words,
 * numbers stand as they are and scripts are inserted whole. Backslashes in the template are kept as written, but for
 * `\${` and an escaped backtick, which stand for the shell's own; the template's own indentation (that of its first line) is taken away, that of inserted values is kept.
 * @throws TypeError for a value that is no word of a shell: undefined, an object
 */
export function sh(template: TemplateStringsArray, ...values: readonly Value[]): Script
export function sh(
  template: TemplateStringsArray,
  ...values: readonly (Value | Secret | SecretScript)[]
): Script | SecretScript
export function sh(template: TemplateStringsArray, ...values: readonly unknown[]): Script | SecretScript {
  const first = (template.raw[0] ?? '').replace(/^\n/, '')
  const indent = /^[ \t]*/.exec(first)?.[0] ?? ''
  const margin = new RegExp(`\n${indent}`, 'g')
  const chunks = template.raw.map((chunk) =>
    chunk.replaceAll('\\${', '${').replaceAll('\\`', '`').replaceAll(margin, '\n'),
  )
  chunks[0] = (chunks[0] ?? '').replace(/^\n/, '').replace(new RegExp(`^${indent}`), '')
  chunks.push((chunks.pop() ?? '').replace(/\n[ \t]*$/, ''))
  return joined(chunks.flatMap((chunk, i) => (i === 0 ? [chunk] : [render(values[i - 1]), chunk])))
}

const joined = (texts: readonly Text[]): Script | SecretScript => {
  const parts = texts.flat()
  const plain = parts.filter((part) => typeof part === 'string')
  return plain.length === parts.length ? scriptOf(plain.join('')) : { [SCRIPT]: true, text: parts }
}

/**
 * A script from text that is known to be sh (what a user wrote as a command, generated lines). Nothing in it is quoted:
 * to put a value into sh use `sh`.
 */
export function rawScript<T extends Text>(text: T): T extends string ? Script : Script | SecretScript
export function rawScript(text: Text): Script | SecretScript {
  return typeof text === 'string' ? scriptOf(text) : joined([text])
}

export function joinScripts(scripts: readonly Script[], separator = '\n'): Script {
  return scriptOf(scripts.map((script) => script.sh).join(separator))
}

export const EMPTY: Script = scriptOf('')

/**
 * Writes bytes to where a redirection points (`"$tmp"`, `"$dir/name"`), as base64 in a heredoc: any content passes
 * and none of it is ever in an argument vector.
 * @param target a script that is one word, e.g. sh`"$tmp"`
 */
export function writeBytes(content: string | Uint8Array, target: Script): Script {
  const base64 = Buffer.from(content).toString('base64')
  const lines = base64.match(/.{1,976}/g) ?? []
  return scriptOf([`base64 -d >${target.sh} <<'PROVISION_BYTES'`, ...lines, 'PROVISION_BYTES'].join('\n'))
}
