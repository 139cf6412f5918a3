import { messageOf } from '../../../errors.ts'
import { type Declaration, hostDeclarations, type Parsed, type Trouble } from './declaration.ts'
import { expandHostPattern } from './host-pattern.ts'
import { plainVar } from './value.ts'
import { varsOf, type YamlEntry } from './yaml.ts'

/** An inventory in YAML: groups with `hosts`, `vars` and `children`, on any level. */
export function yamlInventory(entries: readonly YamlEntry[]): Parsed {
  const parts = entries.map(group)
  return {
    declarations: parts.flatMap((part) => part.declarations),
    skipped: parts.flatMap((part) => part.skipped),
    problems: parts.flatMap((part) => part.problems),
  }
}

/** The configuration of an inventory plugin has its name in it. */
export const pluginOf = (entries: readonly YamlEntry[]): YamlEntry | undefined =>
  entries.find(({ key, asVar }) => key === 'plugin' && asVar.value !== null && asVar.value !== '')

function group(entry: YamlEntry): Parsed {
  const declarations: Declaration[] = []
  const skipped: Trouble[] = []
  const problems: Trouble[] = []
  const visit = ({ key, at, entries, asVar }: YamlEntry): void => {
    if (entries === undefined && asVar.value !== null) {
      skipped.push({ at, message: `'${key}' is no group: a mapping is expected` })
      return
    }
    declarations.push({ is: 'group', group: key, at })
    for (const section of entries ?? []) {
      if (section.asVar.value === null && section.asVar.vault.length === 0) continue
      if (section.key === 'vars') readVars(key, section)
      else if (section.key === 'hosts') readHosts(key, section)
      else if (section.key === 'children') readChildren(key, section)
      else skipped.push({ at: section.at, message: `'${section.key}' is no key of a group: hosts, vars or children` })
    }
  }
  const readVars = (of: string, section: YamlEntry): void => {
    if (section.entries === undefined) {
      problems.push({ at: section.at, message: `vars of group '${of}': a mapping is expected` })
      return
    }
    for (const [name, value] of varsOf(section.entries)) declarations.push({ is: 'group var', group: of, name, value })
  }
  const readChildren = (of: string, section: YamlEntry): void => {
    for (const child of itemsOf(section, `children of group '${of}'`)) {
      visit(child)
      declarations.push({ is: 'child', group: of, child: child.key, at: child.at })
    }
  }
  const readHosts = (of: string, section: YamlEntry): void => {
    for (const host of itemsOf(section, `hosts of group '${of}'`)) {
      try {
        const { names, port } = expandHostPattern(host.key)
        const vars = varsOf(host.entries ?? [])
        const given = port === undefined ? undefined : plainVar(port, host.at)
        declarations.push(...hostDeclarations(names, given, vars, of, host.at))
      } catch (error) {
        problems.push({ at: host.at, message: messageOf(error) })
      }
      if (host.entries === undefined && host.asVar.value !== null && host.asVar.value !== '') {
        problems.push({ at: host.at, message: `vars of host '${host.key}': a mapping is expected` })
      }
    }
  }
  const itemsOf = (section: YamlEntry, what: string): readonly YamlEntry[] => {
    if (section.entries !== undefined) return section.entries
    const { value } = section.asVar
    if (typeof value === 'string') {
      return [{ key: value, at: section.at, entries: undefined, asVar: plainVar(null, section.at) }]
    }
    problems.push({ at: section.at, message: `${what}: a mapping is expected` })
    return []
  }
  visit(entry)
  return { declarations, skipped, problems }
}
