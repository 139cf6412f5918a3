import { readFile } from 'node:fs/promises'
import { messageOf } from '../errors.ts'
import type { Hook } from './hook.ts'

/** Characters of an answer that may be told. */
const TOLD = 200

/**
 * Posts the call.
 * @param learn is told what of the files must not be shown
 * @throws Error that says how it failed
 */
export async function callWebhook(hook: Hook, input: string, learn: (secret: string) => void): Promise<void> {
  const url = hook.url ?? (await secretIn(hook.urlFile, learn))
  const headers = await headersIn(hook.headersFile, learn)
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: input,
    // Headers are for the one who was named.
    redirect: 'error',
    signal: AbortSignal.timeout(hook.timeout * 1000),
  }).catch((error: unknown) => {
    throw new Error(reasonOf(error, hook.timeout))
  })
  if (answer.ok) return void (await answer.body?.cancel())
  const text = await answer.text().catch(() => '')
  throw new Error(`status ${answer.status}${text === '' ? '' : `: ${text.slice(0, TOLD).split('\n')[0]}`}`)
}

const reasonOf = (error: unknown, timeout: number): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeout} s`
  return error.cause === undefined ? error.message : messageOf(error.cause)
}

async function secretIn(file: string | undefined, learn: (secret: string) => void): Promise<string> {
  const text = file === undefined ? '' : (await readFile(file, 'utf8')).trim()
  learn(text)
  if (!URL.canParse(text)) throw new Error(`${file} holds no address`)
  return text
}

async function headersIn(
  file: string | undefined,
  learn: (secret: string) => void,
): Promise<Readonly<Record<string, string>>> {
  if (file === undefined) return {}
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      if (at < 1) throw new Error(`${file}: a line is no header (Name: value)`)
      const value = line.slice(at + 1).trim()
      learn(value)
      // The token alone, too.
      for (const word of value.split(/\s+/)) learn(word)
      return [line.slice(0, at).trim(), value]
    }),
  )
}
