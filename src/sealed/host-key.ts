import type { Target } from '../host/target.ts'
import type { Question } from '../observe/question.ts'
import { sh } from '../shell/script.ts'

export const SEAL = 'provision.seal'

/** That this host took the plan up, or that it did all of it. */
export interface PlanMark {
  readonly what: 'begun' | 'done'
  readonly at: string
  readonly run: string
  /** `user@machine` */
  readonly by: string
}

export interface SealAnswer {
  /** Derived from a private key of the host; undefined: it has none. */
  readonly key: string | undefined
  /** The host's clock, in seconds since 1970. */
  readonly now: number
  readonly marks: readonly PlanMark[]
}

/**
 * Asks for what keys a host's hashes, and what it remembers of a plan. The key is made of the SSH host key: as long as
 * the host lives, known to its root only, and never to be guessed from what it keyed. So nothing need be written for it.
 */
export function sealQuestion(plan: string, { stateDir, hostKeys = '/etc/ssh' }: Target): Question {
  return {
    id: SEAL,
    timeout: 30,
    script: sh`
      printf 'now %s\n' "$(date +%s)"
      for f in ${`${hostKeys}/ssh_host_ed25519_key`} ${`${hostKeys}/ssh_host_ecdsa_key`} ${`${hostKeys}/ssh_host_rsa_key`}; do
        if [ -s "$f" ] && [ -r "$f" ]; then
          printf 'key %s\n' "$({ printf 'provision: sealed plans\n'; cat -- "$f"; } | sha256sum)"
          break
        fi
      done
      f=${`${stateDir}/plans/${plan}`}
      if [ -r "$f" ]; then while IFS= read -r line; do printf 'mark %s\n' "$line"; done <"$f"; fi
    `,
  }
}

/** @throws Error when the answer is not what the question prints */
export function parseSealAnswer(answer: string): SealAnswer {
  const lines = answer.split('\n')
  const rest = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))
  const now = Number(rest('now')[0])
  if (!Number.isInteger(now)) throw new Error('what it remembers of plans could not be read')
  return {
    now,
    key: /^[0-9a-f]{64}/.exec(rest('key')[0] ?? '')?.[0],
    marks: rest('mark').flatMap((line): PlanMark[] => {
      const [, what, at, run, by] = /^(begun|done) (\S+) (\S+) (.*)$/.exec(line) ?? []
      if ((what !== 'begun' && what !== 'done') || at === undefined || run === undefined || by === undefined) return []
      return [{ what, at, run, by }]
    }),
  }
}
