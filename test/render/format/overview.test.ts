import { expect, test } from 'vitest'
import type { HostPlan, PlannedItem } from '../../../src/plan/host-plan.ts'
import { paint } from '../../../src/render/format/line.ts'
import { overviewLines } from '../../../src/render/format/overview.ts'

const item = (key: string, action: PlannedItem['action'], more: Partial<PlannedItem> = {}): PlannedItem => ({
  ...{ key, kind: 'k', role: 'r', action, segment: 0, fields: [], diffs: [], notify: [] },
  ...more,
})
const plan = (host: string, items: PlannedItem[], more: Partial<HostPlan> = {}): HostPlan => ({
  ...{ host, tier: 'web', items, handlers: [] },
  ...more,
})
const restart = { id: 'restart nginx', because: ['package:nginx'], pending: false }
const told = (...plans: HostPlan[]) => overviewLines(plans).map((one) => paint(one, false))

test('says how much, what is restarted, who is out of service, what goes away and what is not known', () => {
  const around = { disruptive: [], leftDrained: false, steps: [] }
  const web = (host: string) =>
    plan(host, [item('package:nginx', 'update'), item('file:/old', 'delete'), item('same', 'none')], {
      handlers: [restart],
      rollout: { ...around, steps: [{ phase: 'drain', name: 'out of backend web' }] },
    })
  const off = item('service:cron.service', 'update', { fields: [{ field: 'state', from: 'started', to: 'stopped' }] })
  const app = plan('app1', [off, item('a', 'unknown'), item('b', 'unknown')], {
    rollout: { ...around, exposed: ['service:cron.service'] },
  })
  expect(told(web('web1'), web('web2'), app)).toEqual([
    '7 changes, 2 handlers on 3 hosts',
    'restarts: nginx (web1, web2)',
    'taken out of service, and put back: web1, web2',
    'out of service with nothing to drain it: app1',
    'deletes: file:/old (web1, web2)',
    'stops: service:cron.service (app1)',
    'known only after an earlier change: 2 resources (app1)',
  ])
})

test('many hosts are counted, and nothing is said of one plan that is as short itself', () => {
  const many = Array.from({ length: 9 }, (_, i) => plan(`w${i}`, [item('x', 'create')], { handlers: [restart] }))
  expect(told(...many)).toEqual(['9 changes, 9 handlers on 9 hosts', 'restarts: nginx (9 hosts)'])
  expect(told(plan('w', [item('x', 'create')], { handlers: [restart] }))).toEqual([])
  expect(told(plan('w', [item('file:/x', 'delete')]), plan('v', [item('x', 'none')]))).toEqual([
    '1 change on 1 host',
    'deletes: file:/x (w)',
  ])
})
