import { type ErrorCode, messageOf, type Origin, ProvisionError } from '../errors.ts'
import { ORIGIN_SCHEMA } from './target-data.ts'

/** What failed in another process. */
export interface FailureData {
  readonly code: Code
  readonly message: string
  readonly host?: string
  readonly origin?: Origin
  readonly hint?: string
  readonly log?: readonly string[]
  /** Of what nobody expected. */
  readonly stack?: string
}

/** What logins and transports throw. */
const CODES = [
  ...(['dns', 'refused', 'timeout', 'unreachable', 'host-key', 'auth', 'become', 'output'] as const),
  ...(['input', 'aborted', 'internal'] as const),
] satisfies readonly ErrorCode[]
type Code = (typeof CODES)[number]

const text = { type: 'string' } as const

export const FAILURE_SCHEMA = {
  type: 'object',
  required: ['code', 'message'],
  additionalProperties: false,
  properties: {
    code: { enum: CODES },
    message: text,
    host: text,
    origin: ORIGIN_SCHEMA,
    hint: text,
    log: { type: 'array', items: text },
    stack: text,
  },
}

export function failureData(error: unknown): FailureData {
  const code = error instanceof ProvisionError ? CODES.find((one) => one === error.code) : undefined
  if (!(error instanceof ProvisionError) || code === undefined) {
    const stack = error instanceof Error ? error.stack : undefined
    return { code: 'internal', message: messageOf(error), ...(stack !== undefined && { stack }) }
  }
  const { message, host, origin, hint, log } = error
  return {
    ...{ code, message, log },
    ...(host !== undefined && { host }),
    ...(origin && { origin }),
    ...(hint !== undefined && { hint }),
  }
}

/** As it was thrown there. */
export function errorOf({ stack, message, ...facts }: FailureData): Error {
  if (facts.code !== 'internal') return new ProvisionError(message, facts)
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}
