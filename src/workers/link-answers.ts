import type { HostKeys } from '../connection/host-key.ts'
import type { LoginPassword, PasswordVerdict } from '../connection/login-password.ts'
import { failureData } from './failure-data.ts'
import type { SayToWorker } from './link-exec.ts'
import type { FromWorker } from './messages.ts'
import { targetOf } from './target-data.ts'

export type Question = Extract<FromWorker, { type: 'ask-algorithms' | 'ask-host-key' | 'ask-password' | 'verdict' }>

export interface AnswerMeans {
  readonly hostKeys: HostKeys
  readonly password: LoginPassword | undefined
}

/** Answers what a worker leaves to its run to decide. */
export interface Answers {
  take(question: Question, body: Buffer): void
  /** The worker is gone: whoever tried the password does so no more. */
  end(): void
}

export function linkAnswers({ hostKeys, password }: AnswerMeans, say: SayToWorker): Answers {
  const trying = new Map<number, (verdict: PasswordVerdict) => void>()
  const answer = async (question: Exclude<Question, { type: 'verdict' }>, body: Buffer): Promise<void> => {
    const { id } = question
    switch (question.type) {
      case 'ask-algorithms':
        return say({ type: 'answer', id, algorithms: await hostKeys.algorithms(targetOf(question.host)) })
      case 'ask-host-key': {
        // It may be kept for longer than the bytes that came.
        const why = await hostKeys.check(targetOf(question.host), Buffer.from(body))
        return say({ type: 'answer', id, ...(why && { failure: failureData(why) }) })
      }
      case 'ask-password': {
        const login = (text: string) =>
          new Promise<PasswordVerdict>((resolve) => {
            trying.set(id, resolve)
            say({ type: 'answer', id, password: text })
          })
        const refusedBy = await password?.attempt(question.host, login)
        if (refusedBy !== undefined) say({ type: 'answer', id, refusedBy })
      }
    }
  }
  return {
    take(question, body) {
      if (question.type === 'verdict') {
        trying.get(question.id)?.(question.verdict)
        trying.delete(question.id)
        return
      }
      const { id } = question
      answer(question, body).catch((error: unknown) => say({ type: 'answer', id, failure: failureData(error) }))
    },
    end() {
      for (const resolve of trying.values()) resolve('not asked for')
      trying.clear()
    },
  }
}
