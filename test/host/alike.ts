import type { Connection, ExecOptions, ExecResult } from '../../src/connection/connection.ts'
import type { FakeHost } from './fake-host.ts'

export interface Alike {
  connect(): Promise<Connection>
  /** Execs and logins of all of them. */
  counts(): { readonly execs: number; readonly logins: number }
}

/**
 * Any number of hosts that are all like one: what it answers to a script, all of them answer. Only the nonce is another in
 * each, so thousands of answers cost as much as the few that differ.
 */
export function alike(one: FakeHost): Alike {
  const known = new Map<string, Promise<ExecResult>>()
  let execs = 0
  let logins = 0
  const answerTo = (script: string, nonce: string): Promise<ExecResult> => {
    const asked = script.replaceAll(nonce, 'NONCE')
    const present = known.get(asked)
    if (present) return present
    const answer = one.connect().then(async (connection) => {
      const said: string[] = []
      const result = await connection.exec(script, { onStdout: (text) => void said.push(text) })
      return { ...result, stdout: said.join('').replaceAll(nonce, 'NONCE') }
    })
    known.set(asked, answer)
    return answer
  }
  return {
    counts: () => ({ execs, logins }),
    async connect() {
      logins += 1
      return {
        async exec(script: string, { onStdout }: ExecOptions = {}) {
          execs += 1
          const nonce = /@@(\w+) begin/.exec(script)?.[1]
          if (nonce === undefined) throw new Error('a script without a frame')
          const { stdout, ...result } = await answerTo(script, nonce)
          const text = stdout.replaceAll('NONCE', nonce)
          onStdout?.(text)
          return { ...result, stdout: onStdout ? '' : text }
        },
        close: async () => undefined,
      }
    },
  }
}
