import type { CommandLine, OptionShape } from './command-line.ts'

/** What can stand at the cursor. */
export interface Candidate {
  readonly value: string
  readonly description: string
}

/** What the project has names for, asked only where one is wanted. */
export interface ProjectNames {
  readonly inventories: readonly string[]
  readonly hosts: readonly string[]
  readonly tiers: readonly string[]
  readonly groups: readonly string[]
  readonly roles: readonly string[]
}

/** Where a command line says its names come from. */
export interface NamesOf {
  /** `--project`. */
  readonly project: string | undefined
  readonly inventory: string | undefined
}

/** Reads names; what can't be read has none. */
export type ReadNames = (of: NamesOf) => Promise<ProjectNames>

/** What is asked of the project, where something depends on it. */
export interface Project {
  readonly names: ReadNames
  /** Whether it uses a product whose primary can be moved. */
  hasPrimary(of: NamesOf): boolean
}

/**
 * What can stand at the end of a command line.
 * @param words after the program's name; the last one is begun, maybe empty
 * @returns nothing where a path is wanted, or where nobody can say
 */
export async function complete(program: CommandLine, words: readonly string[], project: Project): Promise<Candidate[]> {
  const line = lineOf(program, joined(words))
  const { command, current, option, given } = line
  if (option !== undefined) {
    const names = await wanted(command, option, () => project.names(given))
    return matching(names, current.value).map((one) => ({ ...one, value: current.prefix + one.value }))
  }
  if (current.value.startsWith('-')) return matching(optionsOf(command), current.value)
  const own = line.positionals === 0 ? command.commands : []
  const commands = own.filter((one) => one.onlyWithPrimary !== true || project.hasPrimary(given))
  const argument = command.arguments[line.positionals] ?? command.arguments.findLast((one) => one.variadic)
  const values = (argument?.choices ?? []).map(plain)
  const isHost = argument !== undefined && /^hosts?$/i.test(argument.name)
  const hosts = isHost ? (await project.names(given)).hosts.map(plain) : []
  const named = commands.map(({ name, summary }) => ({ value: name, description: summary }))
  return matching([...named, ...values, ...hosts], current.value)
}

interface Line {
  readonly command: CommandLine
  /** Words that are no options, after the command's name. */
  readonly positionals: number
  /** The option whose value is begun. */
  readonly option: OptionShape | undefined
  /** The begun word; with a prefix where its value stands behind a `=`. */
  readonly current: { readonly prefix: string; readonly value: string }
  readonly given: NamesOf
}

/** Bash breaks words at `=`: `--limit`, `=`, `web` is one. A quote that is open is none of the word. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = []
  words.forEach((word, i) => {
    const last = whole.at(-1)
    const continues = word === '=' || words[i - 1] === '='
    if (continues && last?.startsWith('--')) whole[whole.length - 1] = last + word
    else whole.push(word)
  })
  return whole.map((word) => word.replace(/^['"]/, ''))
}

function lineOf(program: CommandLine, words: readonly string[]): Line {
  let command = program
  let positionals = 0
  let option: OptionShape | undefined
  let given: NamesOf = { project: undefined, inventory: undefined }
  const take = (of: OptionShape, value: string): void => {
    if (of.long === '--project') given = { ...given, project: value }
    if (of.long === '--inventory') given = { ...given, inventory: value }
  }
  for (const word of words.slice(0, -1)) {
    if (option !== undefined) {
      take(option, word)
      option = undefined
      continue
    }
    if (word.startsWith('-')) {
      const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
      const found = optionNamed(command, name)
      if (found === undefined || !found.takesValue) continue
      if (value === undefined) option = found
      else take(found, value)
      continue
    }
    const next = positionals === 0 ? command.commands.find((one) => one.name === word) : undefined
    if (next === undefined) positionals += 1
    else command = next
  }
  const last = words.at(-1) ?? ''
  const [, name, value = ''] = option === undefined ? (/^(--[^=]+=)(.*)$/s.exec(last) ?? []) : []
  if (name === undefined) return { command, positionals, option, current: { prefix: '', value: last }, given }
  return {
    command,
    positionals,
    option: optionNamed(command, name.slice(0, -1)),
    current: { prefix: name, value },
    given,
  }
}

const optionNamed = (command: CommandLine, name: string): OptionShape | undefined =>
  command.options.find(({ long, short }) => long === name || short === name)

const plain = (value: string): Candidate => ({ value, description: '' })

const described = (values: readonly string[], description: string): Candidate[] =>
  values.map((value) => ({ value, description }))

/** Options are long ones. */
const optionsOf = (command: CommandLine): Candidate[] =>
  command.options
    .filter(({ hidden, long }, i, all) => !hidden && all.findIndex((one) => one.long === long) === i)
    .flatMap(({ long, summary }) => (long ? [{ value: long, description: summary }] : []))

/** Values of an option. */
async function wanted(
  command: CommandLine,
  option: OptionShape,
  names: () => Promise<ProjectNames>,
): Promise<Candidate[]> {
  if (option.choices) return option.choices.map(plain)
  switch (option.long) {
    case '--inventory':
      return described((await names()).inventories, 'inventory')
    case '--limit': {
      const { hosts, tiers, groups } = await names()
      return [...described(tiers, 'tier'), ...described(groups, 'group'), ...described(hosts, 'host')]
    }
    case '--tier':
      return described((await names()).tiers, 'tier')
    case '--tags':
    case '--skip-tags':
      return described((await names()).roles, 'role')
    case '--host':
      // Those of a project that is only now made have no names yet.
      return command.name === 'init' ? [] : described((await names()).hosts, 'host')
    case '--to':
    case '--switchover-to':
      return command.name === 'rollback' ? [] : described((await names()).hosts, 'host')
    default:
      return []
  }
}

/** Those that go on as the word begins; in a list with commas its last element counts, which `!` may exclude. */
function matching(all: readonly Candidate[], word: string): Candidate[] {
  const cut = Math.max(word.lastIndexOf(','), -1) + 1
  const element = word.slice(cut)
  const before = word.slice(0, cut) + (element.startsWith('!') ? '!' : '')
  const begun = element.replace(/^!/, '')
  const taken = new Set(word.slice(0, cut).split(','))
  const seen = new Set<string>()
  return all
    .filter(({ value }) => value.startsWith(begun) && !taken.has(value) && !seen.has(value) && seen.add(value))
    .map((one) => ({ ...one, value: before + one.value }))
}
