import ejs from 'ejs'
import { InputError, messageOf, ProvisionError } from '../errors.ts'
import type { Text } from '../masking/secret.ts'
import { nearest } from '../problems/nearest.ts'
import { type Tainted, tainted } from './taint.ts'
import { syntaxErrorLine } from './template-syntax.ts'

export interface TemplateSource {
  /** As it is printed in messages. */
  readonly file: string
  readonly text: string
}

/** Finds a template of a role by name. @throws ProvisionError when there is none. */
export type TemplateLookup = (role: string, name: string) => TemplateSource

export type RenderTemplate = (role: string, name: string, data: Readonly<Record<string, unknown>>) => Text

type Compiled = (data: Readonly<Record<string, unknown>>) => string

interface Failure {
  readonly source: TemplateSource
  readonly line: number
  readonly message: string
  /** What is known by nearly that name. */
  readonly hint?: string | undefined
}

/**
 * Renders ejs templates, each compiled once. `<%= %>` and `<%- %>` print alike and unescaped (a config file is no
 * HTML); data is at hand by name and as `locals`; `include(name, data?)` renders another template of the same role.
 * Secrets stay tainted spans of the text.
 */
export function templateRenderer(lookup: TemplateLookup): RenderTemplate {
  const compiled = new Map<string, Compiled>()

  return (role, name, data) => {
    const secrets = tainted()
    // The innermost failure: ejs rewrites errors on their way out through each template.
    let failure: Failure | undefined
    const render = (template: string, values: Readonly<Record<string, unknown>>): string => {
      const source = lookup(role, template)
      const include = (other: string, more: Readonly<Record<string, unknown>> = {}) =>
        render(other, { ...values, ...more })
      try {
        return compile(compiled, source, Object.keys(values))({ ...values, include })
      } catch (error) {
        failure ??= failureOf(error, source, values)
        throw error
      }
    }
    try {
      return finished(render(name, secrets.hide(data)), secrets, lookup(role, name))
    } catch (error) {
      if (error instanceof ProvisionError || error instanceof InputError) throw error
      throw failure ? templateError(failure) : error
    }
  }
}

const finished = (text: string, secrets: Tainted, source: TemplateSource): Text => {
  const found = secrets.show(text)
  if (found !== undefined) return found
  throw new ProvisionError(`a secret is changed by the template, or printed as its mask`, {
    code: 'input',
    origin: { file: source.file, line: 1, col: 1 },
    hint: 'print a secret as it is: <%= password %>',
  })
}

function compile(cache: Map<string, Compiled>, source: TemplateSource, keys: readonly string[]): Compiled {
  const names = [...keys, 'include'].filter((key) => NAME.test(key) && !RESERVED.has(key))
  const id = `${source.file}\0${names.join(' ')}`
  const known = cache.get(id)
  if (known !== undefined) return known
  // Both tags print alike, so both are checked: raw output would print `[object Object]` and nothing for undefined.
  const text = source.text.replaceAll('<%-', '<%=')
  const made = ejs.compile(text, {
    strict: true,
    destructuredLocals: names,
    filename: source.file,
    escape: (value: unknown) => printed(value),
  })
  const render: Compiled = (data) => made({ ...data })
  cache.set(id, render)
  return render
}

const NAME = /^[A-Za-z_$][\w$]*$/
// Names that `let` does not take in strict mode; they are still there as locals.<name>.
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let locals new null package private ' +
    'protected public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)

class Unprintable extends Error {}

/** What may stand in a config file. */
function printed(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !Number.isNaN(value)) return String(value)
  if (value === undefined || value === null) throw new Unprintable('not set')
  if (Array.isArray(value)) throw new Unprintable('a list: join it, or loop over it')
  throw new Unprintable(typeof value === 'object' ? 'a mapping: print its parts' : `no text (${String(value)})`)
}

function failureOf(error: unknown, source: TemplateSource, data: Readonly<Record<string, unknown>>): Failure {
  // ejs puts `file:line`, the lines around and an empty line before the message.
  const text = messageOf(error)
  const framed = text.startsWith(`${source.file}:`)
    ? /^:(\d+)\n[\s\S]*?\n\n/.exec(text.slice(source.file.length))
    : null
  if (framed?.[1] === undefined) {
    const [first = text] = text.split('\n')
    const line = error instanceof SyntaxError ? syntaxErrorLine(source.text) : 1
    return { source, line, message: first.replace(/ in \S+ while compiling ejs$/, '') }
  }
  const line = Number(framed[1])
  const message = text.slice(source.file.length + framed[0].length)
  if (error instanceof Unprintable) {
    const printed = suspects(expressionsAt(source.text, line), data)
    const hint = printed.length === 1 && printed[0] !== undefined ? memberHint(printed[0], data) : undefined
    return { source, line, message: `${quoted(printed)} is ${message}`, hint }
  }
  const missing = error instanceof ReferenceError ? /^(\S+) is not defined$/.exec(message)?.[1] : undefined
  if (missing === undefined) return { source, line, message }
  return { source, line, message: `'${missing}' is not set`, hint: didYouMean(missing, Object.keys(data)) }
}

/** The expressions that a line prints, as they are written. */
const expressionsAt = (text: string, line: number): string[] =>
  [...text.matchAll(/<%[=-]([\s\S]*?)[-_]?%>/g)]
    .filter((tag) => text.slice(0, tag.index).split('\n').length === line)
    .map((tag) => tag[1]?.trim() ?? '')

const quoted = (expressions: readonly string[]): string =>
  expressions.length === 0 ? 'what it prints' : expressions.map((one) => `'${one}'`).join(' or ')

/** Of several expressions on a line, those that may be the wrong one: what is in the data and can be printed is not. */
const suspects = (expressions: readonly string[], data: Readonly<Record<string, unknown>>): readonly string[] => {
  const left = expressions.filter((one) => {
    const [head = ''] = one.split('.')
    return !isPath(one) || !(head in data) || !isPrintable(valueAt(one.split('.'), data))
  })
  return left.length > 0 ? left : expressions
}

const isPath = (expression: string): boolean => /^[\w$]+(\.[\w$]+)*$/.test(expression)

const isPrintable = (value: unknown): boolean => {
  try {
    printed(value)
    return true
  } catch {
    return false
  }
}

const valueAt = (path: readonly string[], data: unknown): unknown =>
  path.reduce(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    data,
  )

/** For `host.nmae`: the name that the mapping has. */
function memberHint(expression: string, data: Readonly<Record<string, unknown>>): string | undefined {
  const path = isPath(expression) ? expression.split('.') : []
  const last = path.pop()
  const parent = valueAt(path, data)
  if (last === undefined || typeof parent !== 'object' || parent === null || last in parent) return undefined
  return didYouMean(last, Object.keys(parent))
}

/** All the names there are would be no help. */
const didYouMean = (wrong: string, known: readonly string[]): string | undefined => {
  const near = nearest(wrong, known)
  return near === undefined ? undefined : `did you mean '${near}'?`
}

const templateError = ({ source, line, message, hint }: Failure): ProvisionError =>
  new ProvisionError(`template: ${message}`, {
    code: 'input',
    origin: { file: source.file, line, col: 1 },
    hint: [hint, source.text.split('\n')[line - 1]?.trim()].filter((one) => one).join(' In: '),
  })
