import { describe, expect, test } from 'vitest'
import { defineRole } from '../../src/catalog/role.ts'
import { command } from '../../src/resources/command.ts'
import { directory } from '../../src/resources/directory.ts'
import { file } from '../../src/resources/file.ts'
import { restart } from '../../src/resources/handlers.ts'
import { service } from '../../src/resources/service/service.ts'
import { rawScript, sh } from '../../src/shell/script.ts'
import { compileRole, type HostPlan, type Recorded } from '../../src/testing/index.ts'
import { projectFolder } from '../project-folder.ts'
import { dash } from '../shell/dash.ts'

const roleIn = (dir: string) =>
  defineRole({
    name: 'shop',
    description: 'Of a user.',
    vars: {
      shop_port: { type: 'integer', description: 'Port.', default: 80 },
      shop_key: { type: 'string', secret: true, description: 'Key.', default: 'hunter22' },
    },
    resources: ({ vars }) => [
      directory({ path: dir }),
      file({ path: `${dir}/env`, content: `PORT=${vars.shop_port}\n`, mode: '0644', notify: [restart('shop')] }),
      service({ name: 'shop', enabled: true, state: 'started' }),
    ],
  })

const seen = (plan: HostPlan) => plan.items.map(({ key, action }) => `${action} ${key}`)
const OWN = { service: '' }
const RUNS = { load: 'loaded', active: 'active', sub: 'running', file: 'enabled' }

describe('a plan against what a host has', () => {
  const shop = compileRole(roleIn('/etc/shop'))

  test('nothing', () => {
    const plan = shop.plan({
      own: OWN,
      units: { 'shop.service': { ...RUNS, active: 'inactive', sub: 'dead', file: 'disabled' } },
    })
    expect(seen(plan)).toEqual([
      'create directory:/etc/shop',
      'create file:/etc/shop/env',
      'update service:shop.service',
    ])
    expect(plan.handlers.map(({ id }) => id)).toEqual(['restart shop'])
    expect(plan.items[1]?.diffs[0]?.hunks[0]?.lines).toEqual(['+PORT=80'])
  })

  const AS_DECLARED: Recorded = {
    files: { '/etc/shop': { type: 'directory' }, '/etc/shop/env': { content: 'PORT=80\n' } },
    units: { 'shop.service': RUNS },
    own: OWN,
  }

  test('all of it; another mode and content; a handler that is pending', () => {
    expect(seen(shop.plan(AS_DECLARED))).toEqual([
      'none directory:/etc/shop',
      'none file:/etc/shop/env',
      'none service:shop.service',
    ])
    const files = { ...AS_DECLARED.files, '/etc/shop/env': { content: 'PORT=8080\n', mode: '0600' } }
    const changed = shop.plan({ ...AS_DECLARED, files })
    expect(changed.items[1]).toMatchObject({ action: 'update', fields: [{ field: 'mode', from: '0600', to: '0644' }] })
    expect(changed.items[1]?.diffs[0]?.hunks[0]?.lines).toEqual(['-PORT=8080', '+PORT=80'])
    expect(shop.plan({ ...AS_DECLARED, pending: ['restart shop'] }).handlers).toEqual([
      { id: 'restart shop', because: [], pending: true },
    ])
  })

  test('what a kind asks with a script of its own has to be said', () => {
    const role = defineRole({
      name: 'own',
      description: 'Asks by itself.',
      vars: {},
      resources: () => [command({ name: 'log in', run: sh`shop login`, unless: rawScript('shop whoami') })],
    })
    const [item] = compileRole(role).plan().items
    expect(item).toMatchObject({
      action: 'unknown',
      problem: "the probe of command was not recorded: say what it printed, own: { 'command': '…' }",
    })
  })
})

test('what is recorded on a host is data that JSON holds, and holds for a role with other vars', () => {
  const dir = projectFolder({ env: 'PORT=80\n' })
  const declared = defineRole({
    ...roleIn(dir),
    resources: (input) => [
      file({ path: `${dir}/other`, state: 'absent' }),
      file({
        path: `${dir}/env`,
        content: `PORT=${input.vars.shop_port}
`,
      }),
      command({ name: 'log in', run: sh`false ${input.vars.shop_key}`, unless: rawScript('true') }),
    ],
  })
  const tried = compileRole(declared)
  expect(tried.probe).not.toContain('hunter22')
  const ran = dash(rawScript(tried.probe))
  const recorded: Recorded = JSON.parse(JSON.stringify(tried.recording(ran.stdout)))
  expect(recorded.files?.[`${dir}/env`]).toMatchObject({ type: 'file', content: 'PORT=80\n' })
  expect(recorded.own?.command).toContain('@command 0 0')
  const other = compileRole(declared, { vars: { shop_port: 81 } })
  expect(other.plan(recorded).items[1]?.diffs[0]?.hunks[0]?.lines).toEqual(['-PORT=80', '+PORT=81'])
  expect(tried.plan(recorded).items[1]?.diffs).toEqual([])
  expect(seen(tried.plan(recorded)).at(-1)).toBe('none command:log in')
  expect(() => tried.recording('nothing')).toThrow(/record it anew/)
})
