import { expect, it } from 'vitest'
import { summaryOf } from '../../src/execute/summary.ts'
import { result } from '../fixtures/events.ts'

it('C65: a host that failed after some of its changes were made counts as changed and as failed', () => {
  const results = [
    result('web1', 'failed', { changed: ['file:/etc/motd'] }),
    result('web2', 'failed'),
    result('web3', 'changed', { changed: ['file:/etc/motd'] }),
    // Put back into service: no resource changed.
    result('web4', 'changed'),
    result('web5', 'ok'),
  ]
  expect(summaryOf(results, 5)).toEqual({ ok: 1, changed: 3, planned: 0, failed: 2, skipped: 0, ms: 5 })
})
