import type { Role } from '../../../catalog/role.ts'
import { roleVarsReader } from '../../../catalog/role-vars.ts'
import type { Host } from '../../../inventory/inventory.ts'
import { isMapping } from '../../../inventory/vars.ts'
import { parseYaml } from '../../../inventory/yaml.ts'
import { isSecret } from '../../../masking/secret.ts'
import type { AnsibleValue } from '../parse/value.ts'
import type { Fit, RoleVarsCatalog } from '../translate/classify.ts'
import { varDocument } from './document.ts'

/**
 * Vars by the schemas of roles. A value is checked as a run would read it from the file it is going to be written to.
 * @param inSite names of the roles that some tier has
 */
export function roleVarsCatalog(roles: ReadonlyMap<string, Role>, inSite: ReadonlySet<string>): RoleVarsCatalog {
  const having = new Map<string, Role[]>()
  for (const role of roles.values()) {
    for (const name of Object.keys(role.vars)) having.set(name, [...(having.get(name) ?? []), role])
  }
  const reader = roleVarsReader()
  const check = (name: string, value: AnsibleValue): Fit => {
    const { value: file, origins } = parseYaml(varDocument(name, value), 'vars')
    const vars = isMapping(file) ? file : {}
    for (const role of having.get(name) ?? []) {
      if (!inSite.has(role.name)) continue
      const read = reader.read(role, { ...NOBODY, vars, origins }, { defaults: false })
      const [problem] = read.problems
      if (problem !== undefined)
        return { is: 'unfit', why: [problem.message, problem.hint].filter((one) => one !== undefined).join('; ') }
      if (hasSecret(read.vars[name])) return { is: 'secret' }
    }
    return { is: 'fit' }
  }
  return {
    rolesWith: (name) => (having.get(name) ?? []).map((role) => role.name),
    isInSite: (name) => (having.get(name) ?? []).some((role) => inSite.has(role.name)),
    check,
  }
}

function hasSecret(value: unknown): boolean {
  if (isSecret(value)) return true
  if (Array.isArray(value)) return value.some(hasSecret)
  return typeof value === 'object' && value !== null && Object.values(value).some(hasSecret)
}

/** Vars are checked by themselves, whoever's they are. */
const NOBODY: Host = {
  name: 'import',
  tier: '',
  address: '',
  connection: {
    transport: 'local',
    host: undefined,
    user: 'root',
    port: 22,
    identityFile: undefined,
    knownHosts: '',
    hostKeyChecking: 'strict',
    become: 'none',
    becomePassword: undefined,
    connectTimeout: 10,
  },
  groups: [],
  vars: {},
  origins: new Map(),
  levels: [],
  origin: { file: '', line: 1, col: 1 },
}
