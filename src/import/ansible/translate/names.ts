import { NAME_PATTERN } from '../../../inventory/schemas/names.ts'

const VALID = new RegExp(NAME_PATTERN)

/** Names as inventories have them here: what is not allowed becomes a hyphen. No two become the same. */
export function validNames(names: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...names]
  const used = new Set(all.filter((name) => VALID.test(name)))
  const made = new Map<string, string>()
  for (const name of all) {
    if (VALID.test(name)) {
      made.set(name, name)
      continue
    }
    const base = name.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'host'
    let free = base
    for (let i = 2; used.has(free); i += 1) free = `${base}-${i}`
    used.add(free)
    made.set(name, free)
  }
  return made
}
