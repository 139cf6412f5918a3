import { readFileSync } from 'node:fs'
import { messageOf, type Origin, type Problem } from '../errors.ts'
import { step } from '../problems/pointer.ts'
import type { Value } from './inventory.ts'
import { type FileLevel, isMapping, NO_VARS } from './vars.ts'
import { withWritten, writtenAt } from './written.ts'
import { parseYaml } from './yaml.ts'

const FILE = '--var'

/** What stands in for `@file` of `--var @file`. @throws Error why it can't be read */
export type ReadGiven = (path: string) => string

/**
 * The level of `--var`: each is `name=value`, with the value in YAML (`on=true`, `ports=[80, 443]`), or `@file`, a YAML file of them;
 * of a name the last one wins.
 */
export function givenVars(
  args: readonly string[],
  read: ReadGiven = (path) => readFileSync(path, 'utf8'),
): { readonly level: FileLevel; readonly problems: readonly Problem[] } {
  const values = new Map<string, Value>()
  const origins = new Map<string, Origin>()
  const problems: Problem[] = []
  for (const arg of args) {
    if (arg.startsWith('@')) {
      const found = fileOfVars(arg.slice(1), read)
      problems.push(...found.problems)
      for (const [name, value] of Object.entries(found.level.vars)) {
        values.set(name, value)
        dropUnder(origins, step(name))
      }
      for (const [pointer, origin] of found.level.origins) origins.set(pointer, origin)
      continue
    }
    const found = /^([^=\s]+)=([\s\S]*)$/.exec(arg)
    const [, name, text] = found ?? []
    if (name === undefined || text === undefined) {
      problems.push({ message: `--var ${arg} is not name=value`, hint: 'for example --var app_version=1.4.2' })
      continue
    }
    const parsed = parseYaml(text, FILE)
    if (parsed.problems.length > 0) {
      problems.push(...parsed.problems.map(({ message }) => ({ message: `--var ${name}: ${message}` })))
      continue
    }
    values.set(name, parsed.value)
    dropUnder(origins, step(name))
    for (const [pointer] of parsed.origins) {
      const origin = { file: FILE, line: 1, col: 1 }
      const written = writtenAt(parsed.origins, pointer)
      origins.set(step(name) + pointer, written === undefined ? origin : withWritten(origin, written))
    }
  }
  return { level: { vars: Object.fromEntries(values), origins }, problems }
}

/** A file of vars on the command line; its places say by which way they came. */
function fileOfVars(
  path: string,
  read: ReadGiven,
): { readonly level: FileLevel; readonly problems: readonly Problem[] } {
  const file = `${FILE} @${path}`
  const wrong = (message: string, hint?: string) => ({
    level: NO_VARS,
    problems: [{ message: `${file}: ${message}`, hint }],
  })
  let text: string
  try {
    text = read(path)
  } catch (error) {
    return wrong(messageOf(error), 'the path is relative to the current folder')
  }
  const { value, origins, problems } = parseYaml(text, file)
  if (problems.length > 0) return { level: NO_VARS, problems }
  if (value === null) return { level: NO_VARS, problems: [] }
  if (!isMapping(value)) return wrong('a file of vars must be a mapping of names to values')
  if ('sops' in value)
    return wrong('it is encrypted', 'encrypted vars are read from group_vars and host_vars of the inventory')
  return { level: { vars: value, origins }, problems: [] }
}

/** What an earlier --var said of it. */
function dropUnder(origins: Map<string, Origin>, pointer: string): void {
  for (const place of origins.keys()) if (place === pointer || place.startsWith(`${pointer}/`)) origins.delete(place)
}
