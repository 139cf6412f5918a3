import type { Event } from '../../src/execute/events.ts'
import { thisController } from '../../src/records/controller.ts'
import { DEFAULT_POLICY } from '../../src/records/folder.ts'
import type { RecordHead } from '../../src/records/record.ts'
import { createRecorder } from '../../src/records/recorder.ts'

/** A head of a record as a run writes it. */
export const aHead = (more: Partial<RecordHead> = {}): RecordHead => ({
  id: '0123456789abcdef01',
  began: '2026-11-28T05:43:21.000Z',
  by: thisController(),
  project: '/site',
  inventory: 'prod',
  check: false,
  provision: '1.0.0',
  argv: ['-i', 'prod'],
  again: ['--inventory', 'prod'],
  limit: [],
  ...more,
})

/** Writes a record of these events, as the run itself would. */
export async function written(path: string, head: RecordHead, events: Iterable<Event>, status = 0): Promise<void> {
  const recorder = createRecorder({
    warn: (message) => {
      throw new Error(message)
    },
  })
  recorder.begin({ head, folder: { path, shared: false }, policy: DEFAULT_POLICY })
  for (const event of events) recorder.event(event)
  await recorder.finish(status)
}
