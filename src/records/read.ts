import { stat } from 'node:fs/promises'
import type { Event } from '../execute/events.ts'
import { lifeOf } from './controller.ts'
import { createFold } from './fold.ts'
import { recordLines } from './lines.ts'
import type { RecordEnd, RecordedOutcome, RecordHead, RecordState } from './record.ts'
import { endIn, eventIn, headIn } from './shape.ts'
import { SIGN_OF_LIFE_MS } from './writer.ts'

/** A record, as far as a list of them goes. */
export interface RecordOverview {
  readonly path: string
  readonly head: RecordHead
  readonly state: RecordState
  /** Undefined: nobody wrote one. */
  readonly end: RecordEnd | undefined
  /** What the end says, or what the events that are there amount to. */
  readonly outcome: RecordedOutcome
  /** Milliseconds from its begin: to its end, or to the last that was heard. */
  readonly ms: number
}

/**
 * Reads what a record amounts to: of one that is whole its first line, of another all of it.
 * @returns undefined where it is no record of a version that is known here
 * @throws what the file system says when it can't be read
 */
export async function readOverview(path: string, isPart: boolean): Promise<RecordOverview | undefined> {
  const lines = recordLines(path)
  try {
    const first = await lines.next()
    if (first.done) return undefined
    const head = headIn(first.value)
    if (head === undefined) return undefined
    const index = endIn(first.value)
    if (index) return { path, head, state: 'ended', end: index, outcome: index, ms: index.ms }
    const fold = createFold()
    let ms = 0
    for await (const fields of lines) {
      const end = fields.type === 'record-end' ? endIn(fields) : undefined
      if (end) return { path, head, state: 'ended', end, outcome: end, ms: end.ms }
      const found = eventIn(fields)
      if (!found) continue
      ms = found.at
      fold.event(found.event)
    }
    const state = isPart ? await stateOf(path, head) : 'cut'
    return { path, head, state, end: undefined, outcome: fold.outcome(), ms }
  } finally {
    await lines.return(undefined)
  }
}

/** Signs of life that may be missed before a run of another machine counts as killed: clocks differ, too. */
const MISSED = 5

/** Whether somebody still writes a record that has no end. @param head undefined: it has none yet */
export async function stateOf(path: string, head: RecordHead | undefined): Promise<'running' | 'killed'> {
  const life = head === undefined ? 'unknown' : lifeOf(head.by)
  if (life !== 'unknown') return life === 'alive' ? 'running' : 'killed'
  const { mtimeMs } = await stat(path)
  return Date.now() - mtimeMs < MISSED * SIGN_OF_LIFE_MS ? 'running' : 'killed'
}

/** The first line of a record. */
export async function readHead(path: string): Promise<RecordHead | undefined> {
  const lines = recordLines(path)
  try {
    return headIn((await lines.next()).value)
  } finally {
    await lines.return(undefined)
  }
}

/** All events of a record that are there, in their order, as the run told them. */
export async function* readEvents(path: string): AsyncGenerator<{ readonly event: Event; readonly at: number }> {
  for await (const fields of recordLines(path)) {
    const found = eventIn(fields)
    if (found) yield found
  }
}
