import { PRODUCTS } from '../commands/products.ts'
import { productsInUse } from '../products-in-use.ts'
import { COMMAND_LINE, type CommandLine } from './command-line.ts'
import { complete } from './complete.ts'
import { keptNames } from './kept-names.ts'
import { projectNames } from './names.ts'

/**
 * Prints what can stand at the cursor, a line for each: the value, and behind a tab what it is.
 * @param words after the program's name; the last one is begun, maybe empty
 */
export async function answerTab(words: readonly string[]): Promise<void> {
  const line: CommandLine = COMMAND_LINE ?? (await import('./describe.ts')).commandLine()
  const kept = keptNames()
  const found = await complete(line, words, {
    names: (of) => projectNames(of, kept.of),
    hasPrimary: ({ project = '.', inventory }) =>
      productsInUse(PRODUCTS, { project, ...(inventory !== undefined && { inventory }) }).some((one) => one.failover),
  })
  const lines = found.map(({ value, description }) => (description === '' ? value : `${value}\t${description}`))
  process.stdout.write(lines.map((one) => `${one}\n`).join(''))
  await kept.keep()
}
