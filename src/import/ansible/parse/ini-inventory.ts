import { messageOf } from '../../../errors.ts'
import { type Declaration, hostDeclarations, type Parsed, type Trouble } from './declaration.ts'
import { expandHostPattern } from './host-pattern.ts'
import { iniValue } from './python-literal.ts'
import { shlexSplit } from './shlex.ts'
import { type AnsibleVar, type Place, plainVar } from './value.ts'

type State = 'hosts' | 'children' | 'vars'

const SECTION = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/
const GROUP_NAME = /^([^:\]\s]+)\s*(?:#.*)?$/

/**
 * An inventory in Ansible's INI. Two ways of quoting are in one file: words of a host line are split as a shell would,
 * then read as Python literals; below `[group:vars]` all that follows the `=` is one literal, or text.
 */
export function parseIniInventory(text: string, file: string): Parsed {
  const declarations: Declaration[] = []
  const problems: Trouble[] = []
  let group = 'ungrouped'
  let state: State = 'hosts'
  for (const [i, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim()
    const at = { file, line: i + 1 }
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    try {
      const section = sectionOf(line)
      if (section === undefined) {
        declarations.push(...entry(line, state, group, at))
        continue
      }
      ;({ group, state } = section)
      // A section of vars declares no group, and Ansible refuses one whose group is nowhere.
      if (state !== 'vars') declarations.push({ is: 'group', group, at })
    } catch (error) {
      problems.push({ at, message: messageOf(error) })
    }
  }
  return { declarations, skipped: [], problems: [...problems, ...undeclared(declarations)] }
}

function sectionOf(line: string): { readonly group: string; readonly state: State } | undefined {
  const [, group, tag = 'hosts'] = SECTION.exec(line) ?? []
  if (group !== undefined) {
    if (tag !== 'hosts' && tag !== 'children' && tag !== 'vars')
      throw new Error(`[${group}:${tag}] is no known section`)
    return { group, state: tag }
  }
  if (line.startsWith('[') && line.endsWith(']')) throw new Error(`${line} is no section: are there spaces in it?`)
  return undefined
}

function entry(line: string, state: State, group: string, at: Place): Declaration[] {
  if (state === 'hosts') return hostLine(line, group, at)
  if (state === 'children') {
    const child = GROUP_NAME.exec(line)?.[1]
    if (child === undefined) throw new Error('the name of a group is expected here')
    return [{ is: 'child', group, child, at }]
  }
  const { name, value } = assignment(line, true)
  return [{ is: 'group var', group, name, value: plainVar(iniValue(value), at) }]
}

function hostLine(line: string, group: string, at: Place): Declaration[] {
  const [pattern = '', ...words] = shlexSplit(line, { comments: true })
  const { names, port } = expandHostPattern(pattern)
  const vars = words.map((word): [string, AnsibleVar] => {
    const { name, value } = assignment(word, false)
    return [name, plainVar(iniValue(value), at)]
  })
  return hostDeclarations(names, port === undefined ? undefined : plainVar(port, at), new Map(vars), group, at)
}

/** The text is not quoted in the message: it may hold a password. */
function assignment(text: string, trims: boolean): { readonly name: string; readonly value: string } {
  const equals = text.indexOf('=')
  if (equals < 0) throw new Error('name=value is expected here')
  const [name, value] = [text.slice(0, equals), text.slice(equals + 1)]
  return trims ? { name: name.trim(), value: value.trim() } : { name, value }
}

/** Groups that are only spoken of. */
function undeclared(declarations: readonly Declaration[]): Trouble[] {
  const known = new Set(['all', 'ungrouped', ...declarations.flatMap((one) => (one.is === 'group' ? [one.group] : []))])
  const undeclared = new Map<string, Trouble>()
  for (const one of declarations) {
    const spoken = one.is === 'child' ? one.child : one.is === 'group var' ? one.group : undefined
    if (spoken === undefined || known.has(spoken)) continue
    const at = one.is === 'child' ? one.at : one.is === 'group var' ? one.value.at : undefined
    if (at !== undefined) undeclared.set(spoken, { at, message: `group '${spoken}' is not declared in this file` })
  }
  return [...undeclared.values()]
}
