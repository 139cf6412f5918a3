/** Names that a template may take; undefined: it is not known. */
export type Lookup = (name: string) => string | undefined

const EXPRESSION = /\{\{-?\s*(.*?)\s*-?\}\}/gs
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const HOME = /^lookup\(\s*['"](?:ansible\.builtin\.)?env['"]\s*,\s*['"]HOME['"]\s*\)$/

/**
 * Fills `{{ name }}` in, where it is a name and no more: addresses are often written so (`{{ inventory_hostname }}.example.org`).
 * @returns undefined where there is more Jinja in it than that
 */
export function filledIn(text: string, lookup: Lookup, depth = 0): string | undefined {
  if (!text.includes('{{') && !text.includes('{%')) return text
  if (depth > 5 || text.includes('{%')) return undefined
  const values = [...text.matchAll(EXPRESSION)].map(([, inside = '']) => resolved(inside, lookup, depth))
  if (values.some((value) => value === undefined)) return undefined
  let i = -1
  const filled = text.replaceAll(EXPRESSION, () => {
    i += 1
    return values[i] ?? ''
  })
  return filled.includes('{{') ? undefined : filled
}

function resolved(inside: string, lookup: Lookup, depth: number): string | undefined {
  if (HOME.test(inside)) return '~'
  const value = NAME.test(inside) ? lookup(inside) : undefined
  return value === undefined ? undefined : filledIn(value, lookup, depth + 1)
}
