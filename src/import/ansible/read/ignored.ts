import { type AnsibleCfg, listOf } from '../parse/cfg.ts'

/** Endings of files in a folder of inventories that Ansible passes over. */
const ENDINGS = ['.pyc', '.pyo', '.swp', '.bak', '~', '.rpm', '.md', '.txt', '.rst', '.orig', '.cfg', '.retry']
const NAMES = new Set(['host_vars', 'group_vars', 'vars_plugins'])

/** Which entries of a folder of inventories are no inventories. */
export function ignoredNames(cfg: AnsibleCfg | undefined): (name: string) => boolean {
  const setting = (key: string) => cfg?.get('inventory', key) ?? cfg?.get('defaults', `inventory_${key}`)
  const endings = setting('ignore_extensions')
  const patterns = setting('ignore_patterns')
  const ignored = endings === undefined ? ENDINGS : listOf(endings.value)
  const expressions = patterns === undefined ? [] : listOf(patterns.value).flatMap(expression)
  return (name) =>
    name.startsWith('.') ||
    NAMES.has(name) ||
    ignored.some((ending) => name.endsWith(ending)) ||
    expressions.some((one) => one.test(name))
}

/** Python's; what JavaScript does not take ignores nothing. */
function expression(text: string): RegExp[] {
  try {
    return [new RegExp(text)]
  } catch {
    return []
  }
}
