import { Script } from 'node:vm'
import ejs from 'ejs'

/**
 * The line of a template in which its JavaScript breaks; 1 when that can't be told. ejs says only what is wrong: its
 * generated source, which notes the template's line as it goes, is parsed again by one who says where.
 */
export function syntaxErrorLine(text: string): number {
  const template = new ejs.Template(text, { strict: true })
  try {
    template.compile()
    return 1
  } catch {
    const broken = brokenLine(template.source)
    const before = template.source.split('\n').slice(0, broken).join('\n')
    return Number([...before.matchAll(/^ {4}; __line = (\d+)$/gm)].at(-1)?.[1] ?? 1)
  }
}

const FILE = 'template-source'

const brokenLine = (source: string): number => {
  try {
    new Script(`(function () {${source}})`, { filename: FILE })
    return 0
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    return Number(new RegExp(`^${FILE}:(\\d+)`).exec(stack)?.[1] ?? 0)
  }
}
