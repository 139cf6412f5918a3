import type { Problem } from '../errors.ts'
import type { Host, Origins, Value, Vars } from '../inventory/inventory.ts'
import { originAt } from '../inventory/origins.ts'
import { isMapping } from '../inventory/vars.ts'
import { isSecret, MASK, plainValue, type Secret } from '../masking/secret.ts'
import { dotted, step, steps } from '../problems/pointer.ts'
import type { Role } from './role.ts'

/** Values that are secret before any schema was asked, as those of encrypted files, on their way through a schema. */

/** A copy that ajv may write to; secrets are in it as what they are, to be checked like any other value. */
export function plainCopy(vars: Vars): Record<string, unknown> {
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, plain(value)]))
}

const plain = (value: Value): unknown => {
  if (isSecret(value)) return plainValue(value)
  if (Array.isArray(value)) return value.map(plain)
  return isMapping(value) ? plainCopy(value) : value
}

/** The secrets in vars, by JSON pointer. */
export function secretPlaces(vars: Vars): ReadonlyMap<string, Secret> {
  return new Map(placesIn(vars, ''))
}

function placesIn(value: Value, pointer: string): [string, Secret][] {
  if (isSecret(value)) return [[pointer, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]: [string, Value]) => placesIn(inner, pointer + step(key)))
}

/**
 * Puts the secrets back into the copy that was checked: what came as one stays one, whatever the schema says.
 * @returns pointers of numbers and booleans that the schema does not call secret: a role would calculate with them, or
 *   ask them for true or false, and a secret is neither.
 */
export function retaint(given: ReadonlyMap<string, Secret>, vars: Record<string, unknown>): string[] {
  return [...given].flatMap(([pointer, value]) => {
    const path = steps(pointer)
    const key = path.pop()
    const parent = path.reduce<unknown>((inner, name) => (isObject(inner) ? Reflect.get(inner, name) : undefined), vars)
    if (key === undefined || !isObject(parent)) return []
    const declared = isSecret(Reflect.get(parent, key))
    taint(parent, key, value)
    return declared || typeof plainValue(value) === 'string' ? [] : [pointer]
  })
}

export function taint(parent: unknown, key: string | number, value: Secret): void {
  if (isObject(parent)) Reflect.set(parent, key, value)
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/**
 * A role that stumbles may have asked a secret for more than a secret gives: which of its vars came encrypted, where it
 * looks like that: the mask is in the message, or somebody takes what is called like a secret for something else.
 */
export function encryptedHint(role: Role, host: Host, error: unknown): string | undefined {
  const own = Object.fromEntries(Object.entries(host.vars).filter(([name]) => name in role.vars))
  const places = [...secretPlaces(own).keys()].filter((pointer) => isAbout(error, pointer))
  if (places.length === 0) return undefined
  const names = places.map((pointer) => dotted(pointer) ?? '')
  const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
  return `encrypted are ${shown}: what is no secret, such as a name, belongs into the plain file, or out of the reach of .sops.yaml (encrypted_regex)`
}

function isAbout(error: unknown, pointer: string): boolean {
  if (!(error instanceof Error)) return false
  // Some errors of Node's carry what they were given.
  if (error.message.includes(MASK) || Object.values(error).some((value) => String(value).includes(MASK))) return true
  // What is undefined is no secret.
  if (error.name !== 'TypeError' || /\bundefined\b|\bnull\b/.test(error.message)) return false
  const words = new Set(error.message.match(/[\w$]+/g))
  return steps(pointer).some((name) => !/^\d+$/.test(name) && words.has(name))
}

export function undeclaredProblems(pointers: readonly string[], origins: Origins, suffix: string): Problem[] {
  return pointers.map((pointer) => ({
    message: `'${dotted(pointer)}' is encrypted, but the role does not call it secret and needs its plain value${suffix}`,
    origin: originAt(origins, pointer),
    path: dotted(pointer),
    hint: 'write it into the plain file, or let the schema of the role say `secret: true`',
  }))
}
