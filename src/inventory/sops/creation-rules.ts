import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { messageOf, ProvisionError } from '../../errors.ts'
import { isMapping } from '../vars.ts'
import { parseYaml } from '../yaml.ts'
import { type Rule, ruleFrom } from './metadata.ts'
import { goPattern } from './scope.ts'

/** How .sops.yaml wants a new file to be encrypted. */
export interface CreationRule {
  /** age1… */
  readonly recipients: readonly string[]
  readonly rule: Rule
  readonly macOnlyEncrypted: boolean
}

export const CONFIG_FILE = '.sops.yaml'

const OTHER_KEYS = ['pgp', 'kms', 'gcp_kms', 'azure_keyvault', 'hc_vault_transit_uri', 'hckms', 'plugins', 'key_groups']

/**
 * The rule of the nearest .sops.yaml, from the file's folder upwards, whose path_regex matches; the first wins.
 * @param path absolute, of the file that will be made.
 * @throws ProvisionError when there is none, or only sops itself can follow it.
 */
export async function creationRuleFor(path: string): Promise<CreationRule> {
  const config = await nearestConfig(dirname(path))
  if (config === undefined) {
    throw new ProvisionError(`there is no ${CONFIG_FILE} that says for whom to encrypt ${path}`, {
      code: 'input',
      hint: 'make one: provision secrets init',
    })
  }
  const origin = { file: config.path, line: 1, col: 1 }
  const { value, problems } = parseYaml(config.text, config.path)
  const [problem] = problems
  if (problem !== undefined) throw new ProvisionError(problem.message, { code: 'input', origin: problem.origin })
  const rules = isMapping(value) && Array.isArray(value.creation_rules) ? value.creation_rules : []
  const name = relative(dirname(config.path), path)
  try {
    const found = rules.filter(isMapping).find((rule) => matches(rule.path_regex, name))
    if (found === undefined) throw new Error(`no creation rule matches ${name}`)
    return ruleOf(found)
  } catch (error) {
    throw new ProvisionError(messageOf(error), { code: 'input', origin })
  }
}

const matches = (pattern: unknown, name: string): boolean =>
  typeof pattern !== 'string' || pattern === '' || goPattern(pattern).test(name)

function ruleOf(found: Readonly<Record<string, unknown>>): CreationRule {
  const other = OTHER_KEYS.find((key) => found[key] !== undefined && found[key] !== '')
  if (other !== undefined)
    throw new Error(`its rule has ${other}: make the file with sops, provision can change it then`)
  const recipients = recipientsOf(found.age)
  if (recipients.length === 0) throw new Error('its rule has no age recipient')
  return { recipients, rule: ruleFrom(found), macOnlyEncrypted: found.mac_only_encrypted === true }
}

/** A text with commas, or a list. */
export function recipientsOf(age: unknown): string[] {
  const texts: unknown[] = Array.isArray(age) ? age : [age]
  return texts
    .flatMap((text) => (typeof text === 'string' ? text.split(',') : []))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

async function nearestConfig(dir: string): Promise<{ path: string; text: string } | undefined> {
  const path = join(dir, CONFIG_FILE)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text !== undefined) return { path, text }
  return dirname(dir) === dir ? undefined : nearestConfig(dirname(dir))
}
