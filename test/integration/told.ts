import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { recordLines } from '../../src/records/lines.ts'
import { parseName } from '../../src/records/names.ts'
import { againstContract, againstOrder } from '../execute/event-contract.ts'

/**
 * What is wrong with the events of all runs whose records lie somewhere below a folder: real hosts make runs tell more
 * than any fixture does.
 */
export async function toldAmiss(dir: string): Promise<string[]> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  const faults = files.map(async (file) => {
    const name = parseName(file.split('/').at(-1) ?? '')
    return name ? await amissIn(join(dir, file), name.state === 'whole') : []
  })
  return [...new Set((await Promise.all(faults)).flat())]
}

async function amissIn(path: string, isWhole: boolean): Promise<string[]> {
  const events: { readonly type: string }[] = []
  for await (const line of recordLines(path)) {
    const { type } = line
    if (typeof type === 'string' && type !== 'record' && type !== 'record-end') events.push({ ...line, type })
  }
  return [...againstContract(events), ...(isWhole ? againstOrder(events) : [])]
}
