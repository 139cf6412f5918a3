import type { PasswordVerdict } from '../connection/login-password.ts'
import { validators } from '../schemas/validators.ts'
import { FAILURE_SCHEMA, type FailureData } from './failure-data.ts'
import { TARGET_SCHEMA, type TargetData } from './target-data.ts'

/** Raised when one end would not understand the other any more. */
export const PROTOCOL = 1

/**
 * What a run says to a worker. A request has an id of its own; `output`, `credit`, `done` and `failed` are said about it. A
 * connection is known by the id of the request that opened it.
 */
export type ToWorker =
  /** The first of all. */
  | {
      readonly type: 'setup'
      readonly protocol: number
      /** There is a password for logins, which may be asked for. */
      readonly password: boolean
      /** Of key files: path and passphrase. */
      readonly passphrases: readonly (readonly [path: string, passphrase: string])[]
    }
  | { readonly type: 'connect'; readonly id: number; readonly host: TargetData }
  /** The body is the input, or its first part. */
  | {
      readonly type: 'exec'
      readonly id: number
      readonly over: number
      readonly command: string
      /** It is given up then, whether or not anybody says so. */
      readonly withinMs?: number
      readonly more: boolean
    }
  | { readonly type: 'input'; readonly id: number; readonly more: boolean }
  /** Room for so many bytes more of the output. */
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close'; readonly id: number; readonly over: number }
  /** To a question of the worker. */
  | {
      readonly type: 'answer'
      readonly id: number
      readonly algorithms?: readonly string[]
      readonly failure?: FailureData
      readonly password?: string
      readonly refusedBy?: string
    }
  /** The user wants out at once: nobody logs in any more. */
  | { readonly type: 'abort' }
  /** Is anybody there? */
  | { readonly type: 'ping' }

/** What a worker says to its run. */
export type FromWorker =
  | { readonly type: 'ready'; readonly protocol: number; readonly version: string }
  /** The body is a part of one of the outputs. */
  | { readonly type: 'output'; readonly id: number; readonly of: 'stdout' | 'stderr' }
  /** Room for so many bytes more of the input. */
  | { readonly type: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly type: 'done'; readonly id: number; readonly status?: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: FailureData }
  /** Questions: what key to ask this host for, whether it is that in the body, and for the password of logins. */
  | { readonly type: 'ask-algorithms'; readonly id: number; readonly host: TargetData }
  | { readonly type: 'ask-host-key'; readonly id: number; readonly host: TargetData }
  | { readonly type: 'ask-password'; readonly id: number; readonly host: string }
  /** What came of the password. */
  | { readonly type: 'verdict'; readonly id: number; readonly verdict: PasswordVerdict }
  | { readonly type: 'pong' }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const number = { type: 'integer', minimum: 0 } as const
const flag = { type: 'boolean' } as const
const message = (properties: object, optional: object = {}) => ({
  type: 'object',
  required: ['type', ...Object.keys(properties)],
  additionalProperties: false,
  properties: { type: text, ...properties, ...optional },
})

type Schemas<M extends { readonly type: string }> = Readonly<Record<M['type'], object>>

const TO_WORKER: Schemas<ToWorker> = {
  setup: message({
    protocol: number,
    password: flag,
    passphrases: { type: 'array', items: { ...texts, minItems: 2, maxItems: 2 } },
  }),
  connect: message({ id: number, host: TARGET_SCHEMA }),
  exec: message({ id: number, over: number, command: text, more: flag }, { withinMs: number }),
  input: message({ id: number, more: flag }),
  credit: message({ id: number, bytes: number }),
  cancel: message({ id: number }),
  close: message({ id: number, over: number }),
  answer: message({ id: number }, { algorithms: texts, failure: FAILURE_SCHEMA, password: text, refusedBy: text }),
  abort: message({}),
  ping: message({}),
}

const FROM_WORKER: Schemas<FromWorker> = {
  ready: message({ protocol: number, version: text }),
  output: message({ id: number, of: { enum: ['stdout', 'stderr'] } }),
  credit: message({ id: number, bytes: number }),
  done: message({ id: number }, { status: number }),
  failed: message({ id: number, failure: FAILURE_SCHEMA }),
  'ask-algorithms': message({ id: number, host: TARGET_SCHEMA }),
  'ask-host-key': message({ id: number, host: TARGET_SCHEMA }),
  'ask-password': message({ id: number, host: text }),
  verdict: message({ id: number, verdict: { enum: ['accepted', 'refused', 'not asked for'] } }),
  pong: message({}),
  warning: message({ message: text }, { hint: text }),
}

/** All that messages are checked by, each once. */
export const MESSAGE_SCHEMAS: readonly object[] = [
  ...new Map(
    [...Object.values(TO_WORKER), ...Object.values(FROM_WORKER)].map((schema) => [JSON.stringify(schema), schema]),
  ).values(),
]

const reader = <M extends { readonly type: string }>(schemas: Schemas<M>): ((head: unknown) => M) => {
  const validatorOf = validators()
  const byType = new Map(
    Object.entries<object>(schemas).map(([type, schema]) => [type, lazily(() => validatorOf<M>(schema))]),
  )
  return (head) => {
    const type = typeof head === 'object' && head !== null && 'type' in head ? head.type : undefined
    const validate = typeof type === 'string' ? byType.get(type)?.() : undefined
    if (validate === undefined) throw new Error('a message of no known type')
    if (validate(head)) return head
    const [{ instancePath = '', message: what = '' } = {}] = validate.errors ?? []
    throw new Error(`a message ${String(type)} that is none: ${instancePath} ${what}`)
  }
}

/** Made when it is asked for first. */
function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** What came, checked. @throws Error when that is no message */
export const readToWorker = reader<ToWorker>(TO_WORKER)
export const readFromWorker = reader<FromWorker>(FROM_WORKER)
