import { expect, it } from 'vitest'
import { notConverging } from '../../src/execute/converge.ts'
import type { PlannedItem } from '../../src/plan/plan.ts'

const item = (key: string, more: Partial<PlannedItem>): PlannedItem => ({
  ...{ key, kind: 'directory', role: 'site', action: 'update', segment: 0, fields: [], diffs: [], notify: [] },
  ...more,
})

it('C06: of several resources that still differ all are told, each with what differs', () => {
  const left = [
    item('directory:/srv/a', { fields: [{ field: 'mode', from: '2755', to: '0755' }] }),
    item('directory:/srv/b', { fields: [{ field: 'group', from: 'root', to: 'www-data' }] }),
    item('service:x', { problem: 'it was not probed' }),
  ]
  expect(notConverging('web1', left, ['directory:/srv/a'])).toMatchObject({
    code: 'not-converging',
    host: 'web1',
    message: 'directory:/srv/a, directory:/srv/b, service:x still differs after it was applied',
    resource: 'directory:/srv/a',
    hint: expect.stringContaining('something else on the host changes it back'),
    log: [
      'directory:/srv/a  mode: 2755 instead of 0755',
      'directory:/srv/b  group: root instead of www-data',
      'service:x  it was not probed',
    ],
  })
  expect(notConverging('web1', left, []).hint).toContain('another change of this run altered it')
})
