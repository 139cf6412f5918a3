import SSHConfig, { LineType } from 'ssh-config'
import { messageOf, type Origin, type Problem } from '../errors.ts'

/** One line of an ssh_config: a keyword and the words after it, quotes and comments gone. */
export interface Statement {
  /** As it is written. */
  readonly keyword: string
  /** In lower case: keywords know no case. */
  readonly name: string
  readonly words: readonly [string, ...string[]]
  readonly origin: Origin
}

/**
 * Reads the lines of an ssh_config, each by itself, so that what is wrong is told with its line.
 * @param file as it is to be printed in messages
 */
export function parseSshConfig(
  text: string,
  file: string,
): { readonly statements: readonly Statement[]; readonly problems: readonly Problem[] } {
  const statements: Statement[] = []
  const problems: Problem[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const origin = { file, line: index + 1, col: raw.length - raw.trimStart().length + 1 }
    const parsed = statementOf(line, origin)
    if (typeof parsed === 'string') problems.push({ message: parsed, origin })
    else statements.push(parsed)
  }
  return { statements, problems }
}

/** What the line says, or what is wrong with it. */
function statementOf(line: string, origin: Origin): Statement | string {
  const [keyword = ''] = /^[^\s=]*/.exec(line) ?? []
  const rest = line.slice(keyword.length).replace(/^\s*=?\s*/, '')
  if (rest === '' || rest.startsWith('#')) return `there is no value after ${keyword}`
  // The parser ends a value at any #, ssh only at one that begins a word.
  if (/^[^"]*[^\s"]#/.test(rest)) return `a # inside a word: put the value of ${keyword} in double quotes`
  try {
    // Of a Match, its words alone are asked for: the parser knows fewer criteria than ssh.
    const [node] = SSHConfig.parse(/^match$/i.test(keyword) ? `Host ${rest}` : line)
    if (node?.type !== LineType.DIRECTIVE) return 'not a line of an ssh_config'
    const words = typeof node.value === 'string' ? [node.value] : node.value.map(({ val }) => val)
    const [first, ...more] = words.map(withoutSingleQuotes)
    if (first === undefined) return `there is no value after ${keyword}`
    return { keyword, name: keyword.toLowerCase(), words: [first, ...more], origin }
  } catch (error) {
    const message = messageOf(error)
    return /line break/.test(message) ? `a quote of ${keyword} is not closed` : `${keyword}: ${message}`
  }
}

/** The parser knows double quotes only. */
const withoutSingleQuotes = (word: string): string => /^'(.*)'$/.exec(word)?.[1] ?? word
