import { describe, expect, it } from 'vitest'
import { aroundChanges } from '../../src/rollout/around.ts'
import type { CompiledRollout } from '../../src/rollout/declared.ts'
import { sh } from '../../src/shell/script.ts'

const step = (name: string, on?: readonly string[]) => ({ name, run: sh`:`, on })

const NGINX: CompiledRollout = {
  role: 'nginx',
  disruptive: ['package:nginx*', 'handler:restart nginx'],
  drain: [step('out')],
  undrain: [step('in')],
  gates: [step('answers')],
}
const APP: CompiledRollout = {
  role: 'app',
  disruptive: ['handler:restart app'],
  drain: [step('app out')],
  undrain: [step('app in')],
}

const item = (key: string, action = 'update', role = 'nginx', field = 'any') => ({
  key,
  action,
  role,
  fields: [{ field }],
})
const due = (id: string, because: readonly string[], pending = false) => ({ id, because, pending })

const around = (...args: Parameters<typeof aroundChanges>) => {
  const { disruptive, due } = aroundChanges(...args)
  const roles = (all: readonly CompiledRollout[]) => all.map(({ role }) => role)
  return { disruptive, drain: roles(due.takeOut), undrain: roles(due.putBack), gates: roles(due.changed) }
}

describe('aroundChanges', () => {
  it('drains nothing that does not run: it is mended in place, and put back where an earlier run left it out', () => {
    const rollout = { ...NGINX, requiredServices: ['service:nginx.service'] }
    const pending = [due('restart nginx', [], true)]
    const stopped = item('service:nginx.service', 'update', 'nginx', 'state')
    expect(around([rollout], [stopped], pending, [])).toMatchObject({ disruptive: [], drain: [], undrain: [] })
    expect(around([rollout], [stopped], pending, ['nginx'])).toMatchObject({ drain: [], undrain: ['nginx'] })
    const disabled = item('service:nginx.service', 'update', 'nginx', 'enabled')
    expect(around([rollout], [disabled], pending, [])).toMatchObject({ drain: ['nginx'] })
    expect(around([rollout], [item('service:nginx.service', 'none', 'nginx', 'state')], pending, [])).toMatchObject({
      drain: ['nginx'],
    })
  })

  it('asks for nothing where nothing changes', () => {
    expect(around([NGINX], [item('package:nginx', 'none')], [], [])).toEqual({
      disruptive: [],
      drain: [],
      undrain: [],
      gates: [],
    })
  })

  it('asks the gates of the roles whose resources change, in place when nothing disturbs', () => {
    const items = [item('file-set:nginx'), item('file:/etc/motd', 'update', 'base')]
    const handlers = [due('reload nginx', ['file-set:nginx'])]
    expect(around([NGINX, APP], items, handlers, [])).toEqual({
      disruptive: [],
      drain: [],
      undrain: [],
      gates: ['nginx'],
    })
    expect(around([NGINX], [item('file:/etc/motd', 'update', 'base')], [], []).gates).toEqual([])
  })

  it('drains for what disturbs, by key, by beginning of a key and by handler', () => {
    const items = [item('package:nginx-common')]
    const handlers = [due('restart nginx', ['package:nginx-common'])]
    expect(around([NGINX, APP], items, handlers, [])).toEqual({
      disruptive: ['package:nginx-common', 'handler:restart nginx'],
      drain: ['nginx'],
      undrain: ['nginx'],
      gates: ['nginx'],
    })
  })

  it('drains nothing for what is only now created, with the restart that it calls for', () => {
    const handlers = [due('restart nginx', ['package:nginx'])]
    expect(around([NGINX], [item('package:nginx', 'create')], handlers, []).drain).toEqual([])
  })

  it('drains for a restart that a new file calls for, or that is owed', () => {
    const items = [item('file:/etc/app', 'create', 'app')]
    expect(around([APP], items, [due('restart app', ['file:/etc/app'])], []).drain).toEqual(['app'])
    expect(around([APP], [], [due('restart app', [], true)], []).drain).toEqual(['app'])
  })

  it('does not drain where the steps concern no host', () => {
    const alone = { ...NGINX, drain: [step('out', [])], undrain: [step('in', [])] }
    expect(around([alone], [item('package:nginx')], [], [])).toMatchObject({ disruptive: [], drain: [], undrain: [] })
  })

  it('puts back what an earlier run left drained, the last one first, and asks its gates before', () => {
    expect(around([NGINX, APP], [], [], ['nginx', 'app'])).toEqual({
      disruptive: [],
      drain: [],
      undrain: ['app', 'nginx'],
      gates: ['nginx'],
    })
  })

  it('says whether a primary is to be moved first: before what disturbs, and before what a role says besides', () => {
    const MYSQL: CompiledRollout = { ...NGINX, role: 'mysql', failoverBefore: ['mysql-variable:back_log'] }
    const needsFailover = (...keys: readonly string[]) =>
      aroundChanges(
        [MYSQL],
        keys.map((key) => item(key)),
        [],
        [],
      ).needsFailover
    expect(needsFailover('mysql-variable:back_log')).toBe(true)
    expect(needsFailover('package:nginx')).toBe(true)
    expect(needsFailover('mysql-variable:max_connections')).toBe(false)
    expect(aroundChanges([MYSQL], [item('mysql-variable:back_log', 'none')], [], []).needsFailover).toBe(false)
  })

  it('knows a host that serves nobody: of its roles none that names a service has it running', () => {
    const app: CompiledRollout = { ...APP, requiredServices: ['service:notes.service'] }
    const state = (key: string) => ({ ...item(key, 'update'), fields: [{ field: 'state' }] })
    const nginx: CompiledRollout = { ...NGINX, requiredServices: ['service:nginx.service'] }
    const down = (...keys: string[]) => aroundChanges([nginx, app], keys.map(state), [], []).down
    expect(down('service:nginx.service', 'service:notes.service')).toBe(true)
    expect(down('service:nginx.service')).toBe(false)
    expect(down()).toBe(false)
    expect(
      aroundChanges([{ ...NGINX, requiredServices: undefined }], [state('service:nginx.service')], [], []).down,
    ).toBe(false)
  })

  it('what goes through the tier is of interest where something is taken out of it, whoever counts', () => {
    const counted: CompiledRollout = { role: 'count', disruptive: [], throughput: { on: ['mon1'], script: sh`:` } }
    const asked = (items: ReturnType<typeof item>[], drained: string[] = []) =>
      aroundChanges([NGINX, APP, counted], items, [], drained).counted.map(({ role }) => role)
    expect(asked([item('package:nginx')])).toEqual(['count'])
    expect(asked([], ['nginx'])).toEqual(['count'])
    expect(asked([item('file:/etc/motd')])).toEqual([])
    expect(asked([item('package:nginx', 'create')])).toEqual([])
  })

  describe('verify', () => {
    const asked = { ...NGINX, verify: [step('is praised')] }
    const verified = (items: ReturnType<typeof item>[], drained: string[] = []) =>
      aroundChanges([asked, APP], items, [], drained).due.serving.map(({ role }) => role)

    it('is asked of what was put back, and of what was changed in place', () => {
      expect(verified([item('package:nginx')])).toEqual(['nginx'])
      expect(verified([], ['nginx'])).toEqual(['nginx'])
      expect(verified([item('file-set:nginx')])).toEqual(['nginx'])
      expect(verified([item('file:/etc/motd', 'update', 'base')])).toEqual([])
    })

    it('is not asked of what is only now made: it got no requests before', () => {
      expect(verified([item('package:nginx', 'create'), item('file-set:nginx')])).toEqual([])
    })
  })

  it('C31: tells what takes the host out of service with nothing to drain it, unless another role drains for it', () => {
    const alone = { ...APP, drain: [], undrain: [], disruptive: ['release:shop', 'handler:restart shop'] }
    const release = item('release:shop', 'update', 'app')
    const exposed = (rollouts: readonly CompiledRollout[], change = release) =>
      aroundChanges(rollouts, [change], [], []).exposed
    expect(exposed([alone])).toEqual(['release:shop'])
    expect(exposed([alone, { ...NGINX, disruptive: ['release:shop'] }])).toEqual([])
    expect(exposed([alone], { ...release, action: 'create' })).toEqual([])
    expect(exposed([alone], { ...release, action: 'none' })).toEqual([])
    expect(exposed([NGINX], item('package:nginx'))).toEqual([])
  })

  it('names the host that comes first where a change waits for it, by key and field', () => {
    const first = { host: 'app1', changes: ['release:*'], fields: ['version'], what: 'migrations' }
    const rollout = { ...APP, first }
    const waitingFor = (change: ReturnType<typeof item>) =>
      aroundChanges([rollout], [change], [], []).first.map(({ host }) => host)
    expect(waitingFor(item('release:shop', 'update', 'app', 'version'))).toEqual(['app1'])
    expect(waitingFor(item('release:shop', 'update', 'app', 'running'))).toEqual([])
    expect(waitingFor(item('file:/srv/shop/config/env', 'update', 'app', 'version'))).toEqual([])
    expect(waitingFor(item('release:shop', 'none', 'app', 'version'))).toEqual([])
  })
})
