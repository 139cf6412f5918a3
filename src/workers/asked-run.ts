import { type HostKeys, isHostKeyAlgorithm } from '../connection/host-key.ts'
import type { LoginPassword, PasswordVerdict } from '../connection/login-password.ts'
import { ProvisionError } from '../errors.ts'
import { errorOf } from './failure-data.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { targetData } from './target-data.ts'

type Answer = Extract<ToWorker, { type: 'answer' }>

/** What a worker leaves to its run to decide. */
export interface AskedRun {
  readonly hostKeys: HostKeys
  readonly password: LoginPassword
  /** Takes the answer to one of its questions. */
  answered(answer: Answer): void
}

/** Asks the run: there, one known_hosts is looked at and added to for all workers, and one password is tried for all. */
export function askedRun(say: (message: FromWorker, body?: Buffer) => void): AskedRun {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  const ask = (question: (id: number) => FromWorker, body?: Buffer): Promise<Answer> =>
    new Promise((resolve) => {
      last += 1
      waiting.set(last, resolve)
      say(question(last), body)
    })
  const failureIn = ({ failure }: Answer): Error | undefined => failure && errorOf(failure)
  return {
    hostKeys: {
      async algorithms(host) {
        const answer = await ask((id) => ({ type: 'ask-algorithms', id, host: targetData(host) }))
        const why = failureIn(answer)
        if (why) throw why
        return (answer.algorithms ?? []).filter(isHostKeyAlgorithm)
      },
      async check(host, key) {
        const why = failureIn(await ask((id) => ({ type: 'ask-host-key', id, host: targetData(host) }), key))
        if (why === undefined || why instanceof ProvisionError) return why
        throw why
      },
    },
    password: {
      async attempt(host, login) {
        const { id, password, refusedBy } = await ask((question) => ({ type: 'ask-password', id: question, host }))
        if (password === undefined) return refusedBy
        let verdict: PasswordVerdict = 'not asked for'
        try {
          verdict = await login(password)
        } finally {
          say({ type: 'verdict', id, verdict })
        }
        return undefined
      },
    },
    answered(answer) {
      waiting.get(answer.id)?.(answer)
      waiting.delete(answer.id)
    },
  }
}
