import { join } from 'node:path'
import standalone from 'ajv/dist/standalone/index.js'
import { findRoles, loadRoles } from '../src/catalog/load-roles.ts'
import { varsSchema } from '../src/catalog/role-vars.ts'
import { InputError } from '../src/errors.ts'
import { HOSTS_SCHEMA } from '../src/inventory/schemas/hosts.ts'
import { SITE_SCHEMA } from '../src/inventory/schemas/site.ts'
import { createAjv } from '../src/schemas/ajv.ts'
import { objectSchema } from '../src/schemas/fields.ts'
import { schemaDigest } from '../src/schemas/validators.ts'
import { MESSAGE_SCHEMAS } from '../src/workers/messages.ts'
import { fieldsOfConstructors, fieldsOfContracts, HANDLER_FIELDS, ROLLOUT_FIELDS } from './constructors.ts'

/**
 * The schemas that every run checks something by: those of the inventory, of what workers say, of the
 * built-in roles and of the kinds.
 * @param root folder of the checkout
 * @throws InputError when a role can't be loaded
 */
export async function builtinSchemas(root: string): Promise<object[]> {
  const found = await findRoles(root, join(root, 'roles'))
  const { roles, problems } = await loadRoles(root, found, [...found.keys()])
  if (problems.length > 0) throw new InputError(problems)
  const fields = [...fieldsOfConstructors(), ...fieldsOfContracts(), ...ROLLOUT_FIELDS, ...HANDLER_FIELDS].map(
    ([, schemas]) => objectSchema(schemas),
  )
  return [SITE_SCHEMA, HOSTS_SCHEMA, ...MESSAGE_SCHEMAS, ...[...roles.values()].map(varsSchema), ...fields]
}

/**
 * JavaScript that stands in for src/schemas/precompiled.ts: ajv's code for these schemas.
 * @param ajvModule what to import src/schemas/ajv.ts by
 */
export function precompiledModule(schemas: readonly object[], ajvModule: string): string {
  const ajv = createAjv({ source: true, esm: true })
  const byName = new Map(schemas.map((schema) => [`_${schemaDigest(schema)}`, schema]))
  for (const [name, schema] of byName) ajv.addSchema(schema, name)
  const names = [...byName.keys()]
  const code = standalone.default(ajv, Object.fromEntries(names.map((name) => [name, name])))
  const entries = names.map((name) => `${JSON.stringify(name.slice(1))}: ${name}`)
  return [
    `import { concealIn, isValue } from ${JSON.stringify(ajvModule)}`,
    code,
    `export const PRECOMPILED = { ${entries.join(', ')} }`,
  ].join('\n')
}
