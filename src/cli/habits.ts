import { words } from '../shell/quote.ts'

/** Options of Ansible's programs that mean the same as one of ours. */
const SAME: Readonly<Record<string, string>> = {
  '--inventory-file': '--inventory',
  '--ask-pass': '--ask-password',
  '--ask-become-pass': '--ask-become-password',
  '-D': '--diff',
}
const EXTRA_VARS = /^(?:-e|--extra-vars)$/
/** `-e` and its value as one word. */
const EXTRA_VARS_WITH = /^(?:-e(?=.)|--extra-vars=)(.*)$/s

/**
 * The command line with options of Ansible that mean the same in our words. What stands after `--` is somebody else's.
 * @param argv without the program
 */
export function inOurWords(argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  const own = end === -1 ? argv : argv.slice(0, end)
  const rest = end === -1 ? [] : argv.slice(end)
  const messages: string[] = []
  for (let i = 0; i < own.length; i++) {
    const word = own[i] ?? ''
    const isAlone = EXTRA_VARS.test(word)
    const value = isAlone ? own[i + 1] : EXTRA_VARS_WITH.exec(word)?.[1]
    if (isAlone) i += 1
    if (value !== undefined) messages.push(...extraVars(value))
    // Without its value the option is left for the one who complains of it.
    else messages.push(isAlone ? '--var' : sameAs(word))
  }
  return [...messages, ...rest]
}

function sameAs(word: string): string {
  const [name = '', ...value] = word.split('=')
  const ours = Object.hasOwn(SAME, name) ? SAME[name] : undefined
  return ours === undefined ? word : [ours, ...value].join('=')
}

/** `a=1`, `a=1 b=2`, `{"a": 1}`, `@file`: as --var takes them, one for each. */
function extraVars(value: string): string[] {
  const each = value.trim().startsWith('{') ? pairsIn(value) : undefined
  const several = /^\s*\w+=\S*(?:\s+\w+=\S*)+\s*$/.test(value) ? value.trim().split(/\s+/) : [value]
  return (each ?? several).flatMap((one) => ['--var', one])
}

/** Of a JSON object, `name=JSON`; undefined where it is none. */
function pairsIn(text: string): string[] | undefined {
  try {
    const data: unknown = JSON.parse(text)
    if (typeof data !== 'object' || data === null) return undefined
    return Object.entries(data).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  } catch {
    return undefined
  }
}

/** What was probably meant by an option of ours that has another meaning in Ansible; undefined: nothing. */
export function habitOf(message: string, argv: readonly string[]): string | undefined {
  if (!/^error: option '-C, --project <dir>'/.test(message)) return undefined
  return `a dry run is --check: ${words(['provision', ...argv.map((word) => (word === '-C' ? '--check' : word))])}`
}
