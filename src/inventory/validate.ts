import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Problem } from '../errors.ts'
import { dotted, steps } from '../problems/pointer.ts'
import { explain, placeOf, withoutBranches, YAML } from '../schemas/explain.ts'
import type { Origins } from './inventory.ts'
import { originAt } from './origins.ts'

/**
 * Draws a problem from each of ajv's errors (allErrors and verbose on).
 * @param suffix ends each message, e.g. ` (role nginx)`.
 * @param isSecret whether the value at a JSON pointer is a secret whatever the schema says; it is never shown.
 */
export function problemsOf(
  errors: readonly ErrorObject[],
  origins: Origins,
  suffix = '',
  isSecret: (pointer: string) => boolean = () => false,
): Problem[] {
  return withoutBranches(errors).map((error) => {
    const pointer = placeOf(error)
    const { message, hint } = explain(
      error,
      subjectOf(error),
      isSecretSchema(error) || isSecret(error.instancePath),
      YAML,
    )
    return { message: message + suffix, origin: originAt(origins, pointer), path: dotted(pointer), hint }
  })
}

/** The value of a secret is never shown, least of all in a message. */
const isSecretSchema = (error: ErrorObject): boolean => error.parentSchema?.secret === true

const subjectOf = (error: ErrorObject): string => {
  const name = steps(error.instancePath).at(-1)
  if (name === undefined) return 'the file'
  return /^\d+$/.test(name) ? `element ${Number(name) + 1}` : name
}

/**
 * Checks data against a compiled schema. What is wrong is reported and then taken out, so that the rest can still be
 * looked at and all problems come at once.
 * @returns value: undefined when nothing valid is left.
 */
export function checked<T>(
  validate: ValidateFunction<T>,
  value: unknown,
  origins: Origins,
): { readonly value: T | undefined; readonly problems: readonly Problem[] } {
  if (validate(value)) return { value, problems: [] }
  const problems = problemsOf(validate.errors ?? [], origins)
  let rest: unknown = structuredClone(value)
  // Each round takes at least one thing out, so there is an end.
  while (rest !== undefined) {
    if (validate(rest)) return { value: rest, problems }
    const error = withoutBranches(validate.errors ?? [])[0]
    rest = error === undefined ? undefined : without(rest, steps(placeOf(error)))
  }
  return { value: undefined, problems }
}

/** The data without the value at a path: of a list, the element is taken out. */
function without(data: unknown, path: readonly string[]): unknown {
  const [key, ...deeper] = path
  if (key === undefined || typeof data !== 'object' || data === null) return undefined
  if (Array.isArray(data)) {
    return data.flatMap((item: unknown, i) => {
      if (String(i) !== key) return [item]
      const left = without(item, deeper)
      return left === undefined ? [] : [left]
    })
  }
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]: [string, unknown]) => {
      if (name !== key) return [[name, value]]
      const left = without(value, deeper)
      return left === undefined ? [] : [[name, left]]
    }),
  )
}
