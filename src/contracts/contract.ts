import { ProvisionError } from '../errors.ts'
import { type FieldSchemas, type FieldsOf, fieldsCheck } from '../schemas/fields.ts'

/**
 * What roles of different hosts may tell each other, by type: who has it makes values with `of` in its `provides`, who
 * wants it asks `provided(contract)`. Neither knows the other's vars.
 */
export interface Contract<T extends object = object> {
  /** Unique in a project. */
  readonly name: string
  /** Schema of each field. */
  readonly fields: FieldSchemas
  /**
   * A value that a role provides.
   * @throws ProvisionError (input) for what the contract does not say
   */
  of(value: T): Offer
  /** What is wrong with a value, in words; undefined: it is one. */
  problem(value: object): string | undefined
  accepts(value: object): value is T
}

/** The type of the values of a contract. */
export type ValueOf<C> = C extends Contract<infer T> ? T : never

/** What `of` of a contract makes. */
export interface Offer {
  readonly [OFFER]: true
  readonly contract: string
  readonly value: object
}

/** A host as what it provides shows it. */
export interface ProvidingHost {
  readonly name: string
  readonly tier: string
  /** All groups that it is in, outer ones before those in them. */
  readonly groups: readonly string[]
  readonly address: string
}

/** What a role told of one host. */
export interface Provided<T extends object = object> {
  readonly host: ProvidingHost
  readonly role: string
  readonly value: T
}

/** Which of it. */
export interface ProvidedBy {
  readonly tier?: string | undefined
  /** Name of a group. */
  readonly group?: string | undefined
  /** Name of a host. */
  readonly host?: string | undefined
}

// Of the registry: a second copy of this module makes offers as well.
const OFFER: unique symbol = Symbol.for('provision.offer')

export const isOffer = (value: unknown): value is Offer => typeof value === 'object' && value !== null && OFFER in value

/**
 * A contract between roles, to be exported by one file that both import.
 * @param name unique in the project
 * @param fields schema of each field, as for the fields of a kind: JSON Schema with `description`; `optional: true` for
 *   what may be left out
 * @example export const cache = contract('cache', { port: { description: 'Where it listens.', type: 'integer' } })
 */
export function contract<const S extends FieldSchemas>(name: string, fields: S): Contract<FieldsOf<S>> {
  const check = fieldsCheck(fields)
  const problem = (value: object): string | undefined => {
    const problems = check(value)
    return problems.length === 0 ? undefined : problems.map(({ message }) => message).join('; ')
  }
  const accepts = (value: object): value is FieldsOf<S> => check(value).length === 0
  return {
    name,
    fields,
    problem,
    accepts,
    of(value) {
      const problems = check(value)
      if (problems.length === 0) return { [OFFER]: true, contract: name, value }
      throw new ProvisionError(`${name}.of(): ${problems.map(({ message }) => message).join('; ')}`, {
        code: 'input',
        hint: problems.find(({ hint }) => hint !== undefined)?.hint,
      })
    },
  }
}

export const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' &&
  value !== null &&
  'of' in value &&
  typeof value.of === 'function' &&
  'accepts' in value &&
  typeof value.accepts === 'function'
