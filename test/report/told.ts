import type { Event } from '../../src/execute/events.ts'
import { createFold } from '../../src/records/fold.ts'
import type { RecordOverview } from '../../src/records/read.ts'
import { pageOf } from '../../src/report/page/page.ts'
import { createTelling, type Story } from '../../src/report/story.ts'

/** Milliseconds between two events. */
const PACE = 700

/** What a record of these events amounts to, one told every {@link PACE} ms. */
export function told(
  events: readonly Event[],
  more: Partial<RecordOverview> = {},
): { readonly record: RecordOverview; readonly story: Story } {
  const [fold, telling] = [createFold(), createTelling()]
  for (const [i, event] of events.entries()) {
    fold.event(event)
    telling.event(event, i * PACE)
  }
  const record: RecordOverview = {
    path: '/records/one',
    head: {
      id: '9f2c1a0412345678ab',
      began: '2026-11-28T05:43:21.000Z',
      by: { user: 'anna', machine: 'desk', pid: 1 },
      project: '/site',
      inventory: 'prod',
      check: events.some((event) => event.type === 'run-started' && event.check),
      provision: '1.0.0',
      argv: ['-i', 'prod', '--limit', 'web*'],
      again: [],
      limit: [],
    },
    state: 'ended',
    end: undefined,
    outcome: fold.outcome(),
    ms: events.length * PACE,
    ...more,
  }
  return { record, story: telling.story() }
}

export const pageOfEvents = (events: readonly Event[], more: Partial<RecordOverview> = {}): string =>
  pageOf(told(events, more))
