import { type BootEntry, CONF, type OtherSetting, procPath, type Sysctl, settingName, UFW_CONF } from './model.ts'
import { isSameValue, normal } from './value.ts'

/** Where systemd looks, best first: of two files of one name only the first is read. */
export const DIRECTORIES = ['/etc/sysctl.d', '/run/sysctl.d', '/usr/local/lib/sysctl.d', '/usr/lib/sysctl.d'] as const

/** No part of a boot since Debian 13, unless something in {@link DIRECTORIES} links to it. */
export const BY_HAND = '/etc/sysctl.conf'

/** A line of one of these files. */
export interface FileLine {
  readonly file: string
  readonly text: string
}

/** What stands in our file after the line of a value of which the kernel made another text. */
export const KEPT = '# the kernel keeps it as: '

interface Assignment {
  /** In /proc/sys. */
  readonly path: string
  readonly value: string
}

/**
 * What a line sets. A pattern is undefined: systemd-sysctl leaves what is set by name elsewhere out of it. So is a name
 * alone, which takes a setting out of patterns.
 */
export function assignment(line: string): Assignment | undefined {
  const [, name, value] = /^\s*-?\s*([^\s#;=][^=]*?)\s*=(.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined || /[*?[]/.test(name)) return undefined
  return { path: procPath(name), value: normal(value) }
}

/** Our file, by place in /proc/sys, in its order. What is not written as we write it does not count. */
export function bootEntries(lines: readonly string[]): Map<string, BootEntry> {
  const entries = new Map<string, BootEntry>()
  let last: Assignment | undefined
  for (const line of lines) {
    const [, name, value] = /^([^\s#;=]+) = (.*)$/.exec(line) ?? []
    if (last && line.startsWith(KEPT)) {
      entries.set(last.path, { value: last.value, kept: normal(line.slice(KEPT.length)) })
    } else if (name === undefined || value === undefined || settingName(name) !== name) {
      last = undefined
    } else {
      last = { path: procPath(name), value: normal(value) }
      // The later of two decides, also about the place.
      entries.delete(last.path)
      entries.set(last.path, { value: last.value })
    }
  }
  return entries
}

/** By setting, the one that is declared before it and comes after it in the file. */
export function misplacedIn(declared: readonly Sysctl[], entries: ReadonlyMap<string, unknown>): Map<string, string> {
  const order = [...entries.keys()]
  const misplaced = new Map<string, string>()
  let furthest: { readonly at: number; readonly name: string } | undefined
  for (const { name } of declared) {
    const at = order.indexOf(procPath(name))
    if (at < 0) continue
    if (furthest && at < furthest.at) misplaced.set(name, furthest.name)
    else furthest = { at, name }
  }
  return misplaced
}

/**
 * Who else sets it, and to what else.
 * @param files that are there in {@link DIRECTORIES}, whether they hold a setting or not: an empty one hides its like
 * @param lines that set something
 */
export function otherSettings(
  { name, value }: Sysctl,
  files: readonly string[],
  lines: readonly FileLine[],
): OtherSetting[] {
  const path = procPath(name)
  const found = new Map<string, OtherSetting>()
  for (const { file, text } of lines) {
    const rank = rankOf(file, files)
    const set = assignment(text)
    if (rank === undefined || set?.path !== path) continue
    found.delete(file)
    if (!isSameValue(set.value, normal(value ?? ''))) found.set(file, { file, value: set.value, rank })
  }
  return [...found.values()]
}

const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

const rankOf = (file: string, files: readonly string[]): OtherSetting['rank'] | undefined => {
  if (file === CONF || /^\/etc\/sysctl\.d\/60-provision-/.test(file)) return undefined
  if (file === UFW_CONF) return 'program'
  if (file === BY_HAND) return 'by-hand'
  const read = DIRECTORIES.map((dir) => `${dir}/${baseName(file)}`).find((one) => files.includes(one))
  if (read !== file) return undefined
  return baseName(file) > baseName(CONF) ? 'decides' : 'loses'
}
