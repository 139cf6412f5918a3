import type { Finding } from '../finding.ts'
import type { Setting } from '../inventory/precedence.ts'
import { type AnsibleValue, isAnsibleMapping, isJinja, isList } from '../parse/value.ts'
import { isSecretName, ownVar } from './own-vars.ts'

/** What roles here say of a var. */
export interface RoleVarsCatalog {
  /** Roles that have it, in a tier of the site or not. */
  rolesWith(name: string): readonly string[]
  /** A tier of the site has one of them: only then may it be written. */
  isInSite(name: string): boolean
  /** Whether a value fits, as it would be written. */
  check(name: string, value: AnsibleValue): Fit
}

export type Fit =
  | { readonly is: 'fit' }
  /** Something in it is a secret of the role. */
  | { readonly is: 'secret' }
  | { readonly is: 'unfit'; readonly why: string }

/** Whether a var is carried; undefined: it is, or it is of the login and looked at there. */
export function notCarried(setting: Setting, catalog: RoleVarsCatalog, setSecret: string): Finding | undefined {
  const { name, value } = setting
  const own = ownVar(name)
  const finding = (kind: Finding['kind'], note?: string): Finding => ({ kind, at: value.at, subject: name, note })
  if (own?.is === 'login') return undefined
  if (own !== undefined) return value.vault.length > 0 ? finding('vault', own.note) : finding(own.kind, own.note)
  const roles = catalog.rolesWith(name)
  if (value.vault.length > 0) {
    return finding('vault', roles.length > 0 ? `${setSecret} ${name}` : `no role here has it${linesOf(value.vault)}`)
  }
  if (isJinja(value))
    return finding('jinja', roles.length > 0 ? 'write its value into the vars' : 'no role here has it')
  if (roles.length === 0) return finding('unknown')
  if (!catalog.isInSite(name)) {
    return finding(
      'elsewhere',
      `role ${roles.join(', ')} has it: put the role into a tier of site.yml, and import again`,
    )
  }
  const fit = catalog.check(name, value.value)
  if (fit.is === 'unfit') return finding('unfit', fit.why)
  if (fit.is === 'secret' || holdsSecret(name, value.value)) return finding('secret', `${setSecret} ${name}`)
  return undefined
}

const linesOf = (lines: readonly number[]): string => (lines.length > 1 ? `; !vault in lines ${lines.join(', ')}` : '')

/** Whether a name in it says that its text is a secret. */
function holdsSecret(name: string, value: AnsibleValue): boolean {
  if (isList(value)) return value.some((one) => holdsSecret(name, one))
  if (isAnsibleMapping(value)) return Object.entries(value).some(([key, one]) => holdsSecret(key, one))
  return typeof value === 'string' && value !== '' && isSecretName(name)
}
