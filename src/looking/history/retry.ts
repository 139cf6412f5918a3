import { InputError, type Problem } from '../../errors.ts'
import { MASK } from '../../masking/secret.ts'
import type { RecordOverview } from '../../records/read.ts'
import { shortName } from './find.ts'
import { howText, timeOf, whoOf } from './lines.ts'

/** What is left of a run. */
export interface Rest {
  /** They failed, or nobody heard how they ended. */
  readonly failed: readonly string[]
  /** They were not begun. */
  readonly notBegun: readonly string[]
}

/** What of an earlier run is done once more. */
export interface Retry extends Rest {
  /** The words that do it, without `provision`; what was typed last counts. */
  readonly words: readonly string[]
}

/** Hosts that are not as that run was to bring them. */
export function restOf({ outcome: { hosts } }: Pick<RecordOverview, 'outcome'>): Rest {
  const those = (...outcomes: readonly string[]) =>
    hosts.filter(({ outcome }) => outcomes.includes(outcome)).map(({ host }) => host)
  return { failed: those('failed', 'unfinished'), notBegun: those('skipped', 'waiting') }
}

/**
 * How the rest of a run is done.
 * @param given values of `--var` as they are given now, in place of what a record does not have
 * @returns undefined where nothing is left
 * @throws InputError where it can't be done
 */
export function retryOf(one: RecordOverview, given: readonly string[]): Retry | undefined {
  const { head, state, outcome } = one
  if (state === 'running') {
    throw new InputError([
      {
        message: `run ${shortName(head.id)} is still at work (${whoOf(one)}, since ${timeOf(head.began)})`,
        hint: 'wait for its end: then it says what is left',
      },
    ])
  }
  const rest = restOf(one)
  const left = [...rest.failed, ...rest.notBegun]
  if (left.length === 0) return undefined
  // A kept plan says itself which hosts it is of, and leaves those alone that have done their part.
  const limit = isOfPlan(head.again) ? [] : outcome.whole ? head.limit : [left.join(',')]
  return { ...rest, words: [...withoutSecrets(head.again, given), ...limit.flatMap((hosts) => ['--limit', hosts])] }
}

/** Whether the words apply a plan that was kept, which takes no other hosts and vars than it has. */
export const isOfPlan = (words: readonly string[]): boolean => words[0] === 'apply'

/** A record has no secrets: such vars are left out where they are given anew. @throws InputError where they are not */
function withoutSecrets(again: readonly string[], given: readonly string[]): string[] {
  const nameOf = (word: string) => word.slice(0, word.indexOf('='))
  const names = given.map(nameOf)
  const missing: Problem[] = []
  const kept = again.flatMap((word, i): string[] => {
    const isValue = again[i - 1] === '--var'
    const next = again[i + 1] ?? ''
    if (word === '--var' && next.includes(MASK)) return []
    if (!word.includes(MASK)) return [word]
    if (isValue && names.includes(nameOf(word))) return []
    missing.push({
      message: `the run was given a secret, which its record does not have: ${isValue ? '--var ' : ''}${word}`,
      hint: isValue ? `add it: --retry --var ${nameOf(word)}=VALUE` : 'type the command again',
    })
    return []
  })
  if (missing.length > 0) throw new InputError(missing)
  return kept
}

/** Why there is nothing to be done, in one sentence. */
export function nothingLeft(one: RecordOverview): string {
  const { head } = one
  const run = `run ${shortName(head.id)} of ${head.inventory} (${timeOf(head.began)}, ${whoOf(one)})`
  return `nothing to retry: ${run} left no host failed or not begun: ${howText(one).text}`
}
