import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Connection } from '../../src/connection/connection.ts'
import { type Answer, parseFrame } from '../../src/shell/frame.ts'

/** What a real host answered to the probe of a run that found nothing to change, by question. */
export type Recording = ReadonlyMap<string, Answer>

const FILE = fileURLToPath(new URL('recorded.json', import.meta.url))

/** A connection of which every framed answer is told. */
export const overheard = (connection: Connection, hear: (answers: Recording) => void): Connection => ({
  close: () => connection.close(),
  async exec(script, options) {
    const result = await connection.exec(script, options)
    const nonce = nonceIn(script)
    if (nonce !== undefined && options?.onStdout === undefined) hear(parseFrame(nonce, result.stdout))
    return result
  },
})

export async function saveRecording(recording: Recording): Promise<void> {
  await writeFile(FILE, `${JSON.stringify([...recording.values()], undefined, 2)}\n`)
}

/** @throws Error when the file is not what {@link saveRecording} writes */
export async function readRecording(): Promise<Recording> {
  const all: unknown = JSON.parse(await readFile(FILE, 'utf8'))
  if (!Array.isArray(all)) throw new Error(`${FILE} is no list`)
  return new Map(all.map(answerFrom).map((answer) => [answer.id, answer]))
}

function answerFrom(value: unknown): Answer {
  if (typeof value === 'object' && value !== null && 'id' in value && 'status' in value && 'body' in value) {
    const { id, status, body } = value
    if (typeof id === 'string' && typeof status === 'number' && typeof body === 'string') return { id, status, body }
  }
  throw new Error(`no answer: ${JSON.stringify(value)}`)
}

const nonceIn = (script: string): string | undefined => /@@(\w+) begin/.exec(script)?.[1]

/**
 * What the recorded host would print: the line that proves that the script began, and its answer to each question.
 * @param input all that was sent to the shell
 * @throws Error when it is asked what it was not asked when it was recorded
 */
export function replay(recording: Recording, input: string): { readonly marker: string; readonly stdout: string } {
  const root = /@@(\w+) root /.exec(input)?.[1]
  const nonce = nonceIn(input)
  if (root === undefined || nonce === undefined) throw new Error('this is no script of provision')
  const asked = [...input.matchAll(new RegExp(`@@${nonce} begin (\\S+?)\\\\n`, 'g'))].map(([, id = '']) => id)
  const answers = asked.map((id) => {
    const answer = recording.get(id)
    if (!answer) throw new Error(`no answer to ${id} was recorded: npm run bench -- record`)
    return `@@${nonce} begin ${id}\n${answer.body}\n@@${nonce} end ${id} ${answer.status}\n`
  })
  const marker = `@@${root} root 0\n`
  return { marker, stdout: answers.join('') }
}
