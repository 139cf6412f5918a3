/** A table for each mapping inside a var, however deep: `nginx_sites[].locations[]`. */
export function fieldTables([path, schema]: readonly [string, unknown]): string[] {
  const [inside, place] = elementOf(schema, path)
  const fields = Object.entries(isRecord(inside) && isRecord(inside.properties) ? inside.properties : {})
  if (!isRecord(inside) || fields.length === 0) return []
  const required: readonly unknown[] = Array.isArray(inside.required) ? inside.required : []
  const rows = fields.map(([name, field]) =>
    [`\`${name}\``, typeOf(field), fieldDefault(field, required.includes(name)), descriptionOf(field)]
      .map(cell)
      .join(' | '),
  )
  return [
    '',
    `\`${place}\``,
    '',
    '| field | type | default | description |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    ...fields.flatMap(([name, field]) => fieldTables([`${place}.${name}`, field])),
  ]
}

/** The mapping that a schema is about, itself or as the elements of a list or the values of a mapping. */
function elementOf(schema: unknown, path: string): readonly [schema: unknown, path: string] {
  if (!isRecord(schema)) return [schema, path]
  if (isRecord(schema.items)) return elementOf(schema.items, `${path}[]`)
  if (isRecord(schema.additionalProperties)) return elementOf(schema.additionalProperties, `${path}.*`)
  const variants = Array.isArray(schema.anyOf) ? schema.anyOf : schema.oneOf
  const variant: unknown = Array.isArray(variants)
    ? variants.find((one) => isRecord(one) && 'properties' in one)
    : undefined
  return variant === undefined ? [schema, path] : [variant, path]
}

const fieldDefault = (schema: unknown, required: boolean): string => {
  if (required) return '**must be set**'
  return isRecord(schema) && schema.default !== undefined ? `\`${JSON.stringify(schema.default)}\`` : 'not set'
}

const descriptionOf = (schema: unknown): string =>
  isRecord(schema) && typeof schema.description === 'string' ? schema.description : ''

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')

/** A schema's type in a word or two: `list of mappings`, `low or high`. */
export function typeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'any'
  if ('secret' in schema && schema.secret === true) return 'secret'
  if ('is' in schema && typeof schema.is === 'string') return VALUES[schema.is] ?? schema.is
  if ('enum' in schema && Array.isArray(schema.enum))
    return schema.enum.map((value) => `\`${String(value)}\``).join(' or ')
  const items = 'items' in schema ? schema.items : undefined
  const variants = 'anyOf' in schema ? schema.anyOf : 'oneOf' in schema ? schema.oneOf : undefined
  if (Array.isArray(variants)) return [...new Set(variants.map(typeOf))].join(' or ')
  const types: readonly unknown[] = 'type' in schema ? [schema.type].flat() : []
  const names = types.map((type) => {
    if (type === 'array' && items !== undefined) return `list of ${plural(typeOf(items))}`
    return NAMES[String(type)] ?? String(type)
  })
  return names.join(' or ') || 'any'
}

const NAMES: Readonly<Record<string, string>> = { integer: 'whole number', object: 'mapping', array: 'list' }

/** Values that JSON has no word for. */
const VALUES: Readonly<Record<string, string>> = {
  content: 'text or bytes',
  keep: '`(wanted, present) => text`',
  script: 'sh`` `…` ``',
  'script with secrets': 'sh`` `…` ``',
  watched: 'key, resource or handler',
  step: '[`RolloutStep`](#rolloutstep)',
}

const plural = (types: string): string =>
  types
    .split(' or ')
    .map((type) => (/^[a-z ]+[a-z]$/.test(type) && type !== 'any' ? `${type}s` : type))
    .join(' or ')
