import type { Place } from './value.ts'

/** What ansible.cfg says, as far as an inventory is concerned. */
export interface AnsibleCfg {
  readonly file: string
  get(section: string, key: string): CfgEntry | undefined
}

export interface CfgEntry {
  readonly section: string
  readonly key: string
  readonly value: string
  readonly at: Place
}

/** ansible.cfg is read by Python's configparser: `=` or `:`, continued by indented lines, `;` begins a comment anywhere behind a blank. */
export function parseCfg(text: string, file: string): AnsibleCfg {
  const entries: CfgEntry[] = []
  let section = ''
  for (const [i, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.replace(/(^|\s);.*$/, '').trimEnd()
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const header = /^\[([^\]]+)\]/.exec(line)?.[1]
    if (header !== undefined) {
      section = header
      continue
    }
    const last = entries.at(-1)
    if (/^\s/.test(line) && last?.section === section) {
      entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}` }
      continue
    }
    const [, key, value] = /^\s*([^=:]+?)\s*[=:]\s*(.*)$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) {
      entries.push({ section, key: key.toLowerCase(), value: value.trim(), at: { file, line: i + 1 } })
    }
  }
  return { file, get: (of, key) => entries.findLast((one) => one.section === of && one.key === key) }
}

/** A boolean as Ansible reads them from settings and vars; undefined: it is none. */
export function ansibleBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  const word = String(value).toLowerCase()
  if (['y', 'yes', 'on', '1', 'true', 't', '1.0'].includes(word)) return true
  return ['n', 'no', 'off', '0', 'false', 'f', '0.0'].includes(word) ? false : undefined
}

/** A list in a setting: commas; `~` is left as it is. */
export const listOf = (value: string): string[] =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
