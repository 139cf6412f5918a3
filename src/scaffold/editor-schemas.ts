import type { Role, VarSchema } from '../catalog/role.ts'
import { HOSTS_SCHEMA } from '../inventory/schemas/hosts.ts'
import { SITE_SCHEMA } from '../inventory/schemas/site.ts'

/** JSON Schemas for editors (`# yaml-language-server: $schema=…`), by file name. */
export function editorSchemas(roles: Iterable<Role>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({
      'hosts.json': withVars(HOSTS_SCHEMA),
      'site.json': withVars(SITE_SCHEMA),
      'group_vars.json': groupVars(roles),
    }).map(([name, schema]) => [name, `${JSON.stringify(schema, undefined, 2)}\n`]),
  )
}

/** The schema with every `vars` in it known by name. */
function withVars(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withVars)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]: [string, unknown]) => [
      key,
      key === 'vars' ? { $ref: 'group_vars.json' } : withVars(value),
    ]),
  )
}

/** Other names are left to provision itself: a project's own roles have vars too. */
function groupVars(roles: Iterable<Role>): unknown {
  const properties = [...roles].flatMap((role) =>
    Object.entries(role.vars).map(([name, schema]) => [name, editorVar(role, schema)]),
  )
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'provision: group_vars and host_vars',
    type: 'object',
    properties: Object.fromEntries(properties),
  }
}

/** A null takes away what a lower level set. */
const editorVar = (role: Role, { default: value, description, ...schema }: VarSchema): unknown => ({
  description: `${description} (role ${role.name})`,
  ...(value === undefined ? {} : { default: value }),
  anyOf: [standard(schema), { type: 'null' }],
})

/** Without the keywords that only provision knows. */
function standard(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(standard)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !((key === 'secret' || key === 'optional') && typeof value === 'boolean'))
      .map(([key, value]: [string, unknown]) => [key, standard(value)]),
  )
}
