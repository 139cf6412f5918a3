import { expect, test } from 'vitest'
import type { HostPlan, PlannedItem } from '../../../src/plan/host-plan.ts'
import { paint } from '../../../src/render/format/line.ts'
import { overviewLines, type Whole } from '../../../src/render/format/overview.ts'
import { packageKind } from '../../../src/resources/package/package.ts'
import { NO_POLICY } from '../../../src/rollout/policy.ts'
import { planTier } from '../../../src/rollout/tier-plan.ts'

const item = (key: string, action: PlannedItem['action'], more: Partial<PlannedItem> = {}): PlannedItem => ({
  ...{ key, kind: 'k', role: 'r', action, segment: 0, fields: [], diffs: [], notify: [] },
  ...more,
})
const plan = (host: string, items: PlannedItem[], more: Partial<HostPlan> = {}): HostPlan => ({
  ...{ host, tier: 'web', items, handlers: [] },
  ...more,
})
const around = { disruptive: [], leftDrained: false, steps: [] }
const INSTALLED = { status: 'installed', version: '1', hold: false, available: [], fresh: true } as const
const restart = { id: 'restart nginx', because: ['package:nginx'], pending: false }
const told = (...plans: HostPlan[]) => toldOf(plans)
const toldOf = (plans: readonly HostPlan[], more: Partial<Whole> = {}) =>
  overviewLines(plans, { hosts: plans.length, tiers: [], ...more }).map((one) => paint(one, false))
const changed = (kind: string, key: string, change: Pick<PlannedItem, 'action'> & Partial<PlannedItem>) =>
  item(`${kind}:${key}`, change.action, { kind, ...change })

test('says how much, what is restarted, who is out of service, what goes away and what is not known', () => {
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

test('says in which order hosts are taken out of service, tier by tier, and where the primary is moved', () => {
  const out = (host: string, tier: string) =>
    plan(host, [item('package:x', 'update')], {
      tier,
      rollout: { ...around, steps: [{ phase: 'drain', name: 'out' }] },
    })
  const web = planTier({
    tier: 'web',
    hosts: ['web1', 'web2', 'web3', 'web4'].map((host) => ({
      ...{ host, pending: true, drained: false, failed: false },
      disrupted: host !== 'web2',
    })),
    policy: { ...NO_POLICY, serial: [1, 1, 2] },
  })
  const db = planTier({
    tier: 'db',
    hosts: ['db1', 'db2'].map((host) => ({
      ...{ host, pending: true, drained: false, failed: false, disrupted: true },
      ...{ isPrimary: host === 'db1', needsFailover: host === 'db1' },
    })),
    policy: NO_POLICY,
    switchover: { from: 'db1', to: 'db2' },
  })
  const plans = [...['web1', 'web3', 'web4'].map((host) => out(host, 'web')), out('db1', 'db'), out('db2', 'db')]
  expect(toldOf(plans, { tiers: [web, db], hosts: 12 })).toEqual([
    '5 changes on 5 of 12 hosts',
    'taken out of service, and put back: web1, then web3, web4 (at once); then db2, then the switchover from db1 to db2, then db1',
  ])
})

test('names what is dangerous by what it is', () => {
  const danger = (...items: PlannedItem[]) => told(plan('h', items)).slice(1)
  const gone = {
    name: '/etc/nginx/sites-enabled/default',
    hunks: [{ oldStart: 1, oldLines: 1, newStart: 0, newLines: 0, lines: ['-x'] }],
  }
  const whole = { name: '/etc/nginx/logo.png', note: 'removed', hunks: [] }
  const edited = {
    name: '/etc/nginx/nginx.conf',
    hunks: [{ oldStart: 1, oldLines: 1, newStart: 1, newLines: 1, lines: ['-x', '+y'] }],
  }
  const type = { field: 'type', from: 'directory', to: 'file' }
  expect(danger(changed('user', 'eve', { action: 'delete' }))).toEqual(['deletes: user:eve (h)'])
  expect(danger(changed('file-set', 'nginx', { action: 'update', diffs: [edited, gone, whole] }))).toEqual([
    'deletes: /etc/nginx/sites-enabled/default (h), /etc/nginx/logo.png (h)',
  ])
  expect(danger(changed('file', '/x', { action: 'update', fields: [type] }))).toEqual([
    'deletes: what has the place of file:/x (h)',
  ])
  // As the kind has it.
  const besides = { removes: ['exim4', 'exim4-base'], upgrades: [], installs: [], refused: [] }
  const notes = packageKind.notes?.({ name: 'postfix' }, { ...INSTALLED, besides })
  expect(
    danger(
      changed('package', 'telnet', { action: 'delete' }),
      changed('package', 'postfix', { action: 'create', notes: notes ?? [] }),
    ),
  ).toEqual(['removes packages: telnet (h), exim4 (h), exim4-base (h)'])
  const rule = { field: 'undeclared rule', from: 'allow 22' }
  expect(danger(changed('ufw', 'defaults', { action: 'update', fields: [rule] }))).toEqual([
    'removes parts of: ufw:defaults (h)',
  ])
  const clone = { field: 'data', from: 'its own', to: 'a clone' }
  const home = { field: 'home', from: '/home/a', to: '/srv/a' }
  expect(
    danger(
      changed('mysql-replication', 'server', { action: 'update', fields: [clone] }),
      changed('user', 'a', { action: 'update', fields: [home] }),
    ),
  ).toEqual(['moves or replaces data: mysql-replication:server (h), user:a (h)'])
  const migrations = { field: 'migrations', to: 'will run' }
  expect(danger(changed('release', 'shop', { action: 'update', fields: [migrations] }))).toEqual([
    'migrates data: release:shop (h)',
  ])
  // Nothing of it: what is made, edited, or left.
  expect(
    danger(
      changed('file', '/y', { action: 'create', diffs: [edited] }),
      changed('file', '/z', { action: 'none', fields: [rule] }),
    ),
  ).toEqual([])
})

test('many hosts are counted, and nothing is said of one plan that is as short itself', () => {
  const many = Array.from({ length: 9 }, (_, i) => plan(`w${i}`, [item('x', 'create')], { handlers: [restart] }))
  expect(told(...many)).toEqual(['9 changes, 9 handlers on 9 hosts', 'restarts: nginx (9 hosts)'])
  expect(told(plan('w', [item('x', 'create')], { handlers: [restart] }))).toEqual([])
  expect(told(plan('w', [item('file:/x', 'delete')]), plan('v', [item('x', 'none')]))).toEqual([
    '1 change on 1 of 2 hosts',
    'deletes: file:/x (w)',
  ])
})
