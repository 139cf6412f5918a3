import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { InputError, type Problem } from '../../../errors.ts'
import { isMapping } from '../../../inventory/vars.ts'
import { parseYaml } from '../../../inventory/yaml.ts'
import { nameHint } from '../../../problems/nearest.ts'

export interface Site {
  /** Relative to the project. */
  readonly file: string
  readonly isNew: boolean
  /** Names of the tiers and the roles of each; of a new one, none yet. */
  readonly tiers: ReadonlyMap<string, readonly string[]>
}

/** The roles of a tier that an import makes. */
export const FIRST_ROLES = ['base'] as const

/** The site.yml that counts for an inventory. @throws InputError where it is not valid YAML */
export async function readSite(root: string, dir: string): Promise<Site> {
  const shared = join(root, 'inventories', 'site.yml')
  const path = [join(dir, 'site.yml'), shared].find((one) => existsSync(one))
  const file = relative(root, path ?? shared)
  if (path === undefined) return { file, isNew: true, tiers: new Map() }
  const { value, problems } = parseYaml(await readFile(path, 'utf8'), file)
  if (problems.length > 0) throw new InputError(problems)
  const tiers = isMapping(value) && Array.isArray(value.tiers) ? value.tiers.filter(isMapping) : []
  const entries = tiers.map(
    ({ name, roles }) => [String(name), Array.isArray(roles) ? roles.map(rolesIn) : []] as const,
  )
  return { file, isNew: false, tiers: new Map(entries) }
}

/** A role alone, or with vars of its own. */
const rolesIn = (role: unknown): string => (isMapping(role) ? String(role.role) : String(role))

/** Tiers that site.yml has not. */
export function unknownTiers(site: Site, wanted: readonly string[], dir: string): Problem[] {
  if (site.isNew) return []
  const known = [...site.tiers.keys()]
  return wanted
    .filter((tier) => !known.includes(tier))
    .map((tier) => ({
      message: `--tier: there is no tier '${tier}' in ${site.file}`,
      hint: `${nameHint(tier, known) ?? `known: ${known.join(', ')}`}; or add it there: - { name: ${tier}, roles: [${FIRST_ROLES.join(', ')}] }; or give the inventory a ${join(dir, 'site.yml')} of its own`,
    }))
}

export const newSite = (tiers: readonly string[]): unknown => ({
  tiers: tiers.map((name) => ({ name, roles: [...FIRST_ROLES] })),
})

export const SITE_COMMENT =
  'What each tier is made of, in the order of change. Roles: the built-in ones (app, haproxy, keepalived, mysql, nginx,\nprometheus, ufw and more), and those of roles/. provision --check shows what they would change.'
