import type { Origin, Problem } from '../errors.ts'
import { step } from '../problems/pointer.ts'
import type { Value } from './inventory.ts'
import type { Level } from './vars.ts'
import { withWritten, writtenAt } from './written.ts'
import { parseYaml } from './yaml.ts'

const FILE = '--var'

/** The level of `--var name=value`; values are YAML (`on=true`, `ports=[80, 443]`); the last of a name wins. */
export function givenVars(args: readonly string[]): { readonly level: Level; readonly problems: readonly Problem[] } {
  const values = new Map<string, Value>()
  const origins = new Map<string, Origin>()
  const problems: Problem[] = []
  for (const arg of args) {
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
    for (const pointer of parsed.origins.keys()) {
      const origin = { file: FILE, line: 1, col: 1 }
      const written = writtenAt(parsed.origins, pointer)
      origins.set(step(name) + pointer, written === undefined ? origin : withWritten(origin, written))
    }
  }
  return { level: { vars: Object.fromEntries(values), origins }, problems }
}
