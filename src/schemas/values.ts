import { isSecret } from '../masking/secret.ts'
import { isAnyScript, isScript } from '../shell/script.ts'

/** Values that JSON has no word for, and that the keyword `is` names in the schemas of kinds. */
export type ValueName =
  | 'text'
  | 'secret'
  | 'bytes'
  | 'content'
  | 'string or bytes'
  | 'handler'
  | 'keep'
  | 'script'
  | 'script with secrets'
  | 'watched'
  | 'step'

interface Value {
  /** What is wanted, in words that follow `must be`. */
  readonly words: string
  test(value: unknown): boolean
}

const isText = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string' || isSecret(one)))

const isHandler = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'script' in value &&
  isScript(value.script)

const isNamed = (value: unknown): boolean =>
  typeof value === 'string' ||
  isHandler(value) ||
  (typeof value === 'object' && value !== null && 'kind' in value && 'desired' in value && 'notify' in value)

const TEXT = 'text: a string, what template() gives, or a list of strings and secrets'

const VALUES: Readonly<Record<ValueName, Value>> = {
  text: { words: TEXT, test: isText },
  secret: { words: 'a secret: a var with `secret: true`, or secret(…)', test: isSecret },
  bytes: { words: 'bytes (a Uint8Array)', test: (value) => value instanceof Uint8Array },
  content: { words: `${TEXT}; or bytes`, test: (value) => isText(value) || value instanceof Uint8Array },
  'string or bytes': {
    words: 'a string, or bytes (a Uint8Array)',
    test: (value) => typeof value === 'string' || value instanceof Uint8Array,
  },
  handler: { words: 'a handler, as reload(…), restart(…) or handler({ … }) make it', test: isHandler },
  watched: {
    words:
      "a resource such as pkg({ name: 'nginx' }), a handler such as restart('nginx'), the key of one, or { key, optional: true }",
    test: (value) =>
      isNamed(value) || (typeof value === 'object' && value !== null && 'key' in value && isNamed(value.key)),
  },
  step: { words: 'a step', test: (value) => typeof value === 'object' && value !== null },
  keep: { words: 'a function: (wanted, present) => text', test: (value) => typeof value === 'function' },
  script: { words: 'a script, as sh`…` makes it', test: isScript },
  'script with secrets': { words: 'a script, as sh`…` makes it', test: isAnyScript },
}

const named = (name: string): Value | undefined => (Object.hasOwn(VALUES, name) ? VALUES[name as ValueName] : undefined)

/** Whether a value is what `is` names. */
export const isValue = (name: string, value: unknown): boolean => named(name)?.test(value) ?? false

/** What `is` names, in words that follow `must be`. */
export const wordsFor = (name: string): string => named(name)?.words ?? name
