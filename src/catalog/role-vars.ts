import type { ValidateFunction } from 'ajv'
import { messageOf, type Problem } from '../errors.ts'
import type { Host, Value, Vars } from '../inventory/inventory.ts'
import { problemsOf } from '../inventory/validate.ts'
import { isMapping, mergeVars, withoutNulls } from '../inventory/vars.ts'
import { validators as schemaValidators, type Validators } from '../schemas/validators.ts'
import { plainCopy, retaint, secretPlaces, undeclaredProblems } from './given-secrets.ts'
import type { Role } from './role.ts'
import { sharedByVars } from './shared-vars.ts'
import { lostDigits, withWantedText } from './wanted-text.ts'

/** The vars of one role on one host. Hosts that are alike share them, so that they are frozen. */
export interface RoleVars {
  readonly vars: Readonly<Record<string, unknown>>
  /** Names of vars that must be given and are not. */
  readonly missing: readonly string[]
  readonly problems: readonly Problem[]
}

export interface RoleVarsReader {
  /** Checked and complete, secrets tainted. `defaults` false: only what is set for the host. */
  read(role: Role, host: Host, options?: { readonly defaults?: boolean }): RoleVars
  /** What is wrong with the schema of a role itself. */
  schemaProblem(role: Role): Problem | undefined
}

/** Reads vars by the schemas of roles; each schema is compiled once, hosts that set the same are read once. */
export function roleVarsReader(): RoleVarsReader {
  const validators = schemaValidators()
  const compiled = new Map<Role, ValidateFunction | Problem>()
  const validator = (role: Role): ValidateFunction | Problem => {
    const known = compiled.get(role)
    if (known !== undefined) return known
    const made = compileSchema(validators, role)
    compiled.set(role, made)
    return made
  }

  const read = (role: Role, host: Host, defaults: boolean): RoleVars => {
    const validate = validator(role)
    if (typeof validate !== 'function') return { vars: {}, missing: [], problems: [] }
    const names = Object.keys(role.vars)
    const set = Object.fromEntries(names.flatMap((name) => entry(host.vars, name)))
    const merged = withWantedText(
      withoutNulls(mergeVars(defaults ? defaultsOf(role) : {}, set)),
      varsSchema(role),
      host.origins,
    )
    const vars = plainCopy(merged)
    const given = secretPlaces(merged)
    const ok = validate(vars)
    const undeclared = retaint(given, vars)
    const missing = defaults ? names.filter((name) => !(name in vars) && role.vars[name]?.optional !== true) : []
    const suffix = ` (role ${role.name})`
    const errors = ok ? [] : (validate.errors ?? [])
    const problems = [
      ...lostDigits(merged, host.origins, suffix),
      ...problemsOf(errors, host.origins, suffix, (pointer) => given.has(pointer)),
      // Of what is wrong in itself, that is said.
      ...undeclaredProblems(
        undeclared.filter((pointer) => !errors.some((error) => error.instancePath === pointer)),
        host.origins,
        suffix,
      ),
    ]
    return { vars: frozen(vars), missing, problems }
  }
  const complete = new Map<Role, ReturnType<typeof sharedByVars<RoleVars>>>()

  return {
    schemaProblem(role) {
      const made = validator(role)
      return typeof made === 'function' ? undefined : made
    },
    read(role, host, { defaults = true } = {}) {
      if (!defaults) return read(role, host, false)
      const ofRole = complete.get(role) ?? sharedByVars<RoleVars>((name) => Object.hasOwn(role.vars, name))
      complete.set(role, ofRole)
      return ofRole(host, () => read(role, host, true))
    },
  }
}

const entry = (vars: Vars, name: string): [string, Value][] => {
  const value = Object.hasOwn(vars, name) ? vars[name] : undefined
  return value === undefined ? [] : [[name, value]]
}

function compileSchema(validators: Validators, role: Role): ValidateFunction | Problem {
  try {
    return validators(varsSchema(role))
  } catch (error) {
    return { message: `role '${role.name}': the schema of its vars is not valid: ${messageOf(error)}` }
  }
}

/** A role that writes into its vars would write into those of other hosts. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

/** What the vars of a role are checked by, as one object. */
export const varsSchema = (role: Role): object => ({ type: 'object', properties: withoutDefaults(role) })

/** Top defaults are merged under what is set; the ones inside (of a list's elements) are filled in by ajv. */
const withoutDefaults = (role: Role): Record<string, unknown> =>
  Object.fromEntries(Object.entries(role.vars).map(([name, { default: _, ...schema }]) => [name, schema]))

function defaultsOf(role: Role): Vars {
  return Object.fromEntries(
    Object.entries(role.vars).flatMap(([name, schema]): [string, Value][] =>
      schema.default === undefined ? [] : [[name, varValue(schema.default)]],
    ),
  )
}

/** Any plain data as a var's value. */
function varValue(data: unknown): Value {
  if (Array.isArray(data)) return data.map(varValue)
  if (isMapping(data)) return data
  return typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean' ? data : null
}
