import { expect, it } from 'vitest'
import { problemsOf } from '../project-folder.ts'
import { planBed, planIn } from './plan-bed.ts'

/** What is applied of a kept plan beyond changes that it shows in full: an upgrade, what is known later, its policy. */

/** A service whose version is known once its configuration is there; the newest that it may have is in its declaration. */
const ROLE = `
import { defineRole, file, sh } from 'provision'
const running = {
  kind: 'running',
  key: ({ path }) => path,
  probe: (all) => sh\`cd \${all[0].path}; if [ "$(cat text)" = new ]; then cat running; else echo unknown; fi\`,
  parse: ({ own }, all) => new Map(all.map(({ path }) => [path, own.trim()])),
  diff(desired, actual) {
    if (actual === desired.version) return undefined
    return { action: 'update', desired, actual, fields: [{ field: 'version', from: actual, to: desired.version }] }
  },
  apply: ([{ desired }]) => sh\`echo \${desired.version} >\${desired.path}/running\`,
  upgraded: (desired) => ({ ...desired, version: desired.newest }),
}
export default defineRole({
  name: 'site', description: 'd',
  vars: {
    site_root: { description: 'd', type: 'string' }, site_owner: { description: 'd', type: 'string' },
    site_text: { description: 'd', type: 'string' }, site_password: { description: 'd', type: 'string', secret: true },
  },
  resources: ({ vars }) => {
    const path = vars.site_root + '/srv'
    return [
      file({ path: path + '/text', content: vars.site_text + '\\n', owner: vars.site_owner, group: vars.site_owner }),
      { kind: running, desired: { path, version: '1', newest: '2', password: vars.site_password }, notify: [] },
    ]
  },
})
`
const FILES = { 'roles/site/index.ts': ROLE }

it('an upgrade: the plan is of it, and so is what is applied', async () => {
  const bed = await planBed(['web1'], FILES)
  const web1 = bed.host('web1')
  web1.write('srv/text', 'new\n')
  web1.write('srv/running', '1\n')
  expect((await bed.plan()).summary).toMatchObject({ planned: 0, ok: 1 })
  const { summary } = await bed.plan({ upgrade: true })
  expect(summary).toMatchObject({ planned: 1 })
  expect(planIn(bed).plan.options.upgrade).toBe(true)
  const { outcomes, results } = await bed.apply()
  expect(outcomes, JSON.stringify(results)).toEqual({ web1: 'changed' })
  expect(web1.read('srv/running')).toBe('2\n')
})

it('what is known after apply is planned in its turn, whatever is found then', async () => {
  const bed = await planBed(['web1', 'web2'], FILES)
  for (const name of ['web1', 'web2']) bed.host(name).write('srv/running', '0\n')
  await bed.plan()
  const [web1] = planIn(bed).plan.hosts
  expect(web1?.items.map(({ probed }) => probed === undefined)).toEqual([false, true])
  // As wanted already, once one can see it.
  bed.host('web2').write('srv/running', '1\n')
  const { outcomes, results } = await bed.apply()
  expect(outcomes, JSON.stringify(results)).toEqual({ web1: 'changed', web2: 'changed' })
  expect(['web1', 'web2'].map((name) => bed.host(name).read('srv/running'))).toEqual(['1\n', '1\n'])
  expect((await problemsOf(() => bed.apply()))[0]).toMatch(/^the plan was applied already/)
})

it('what is known after apply, and is wanted otherwise by now, leaves its host as it is', async () => {
  const bed = await planBed(['web1'], FILES)
  await bed.plan()
  bed.write('inventories/prod/group_vars/all.yml', 'site_text: new\nsite_password: hunt3s\n')
  const { results } = await bed.apply()
  expect(results[0]?.failure?.message).toContain(`what is wanted of running:${bed.host('web1').root}/srv is another`)
  expect(bed.host('web1').read('srv/text')).toBe('old\n')
})

const CANARY = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [site], rollout: { serial: [1, 100%], confirm: true } }]\n',
}

it("a tier's policy holds: the canary first, then somebody is asked; a no ends it, and the same command goes on", async () => {
  const bed = await planBed(['web1', 'web2', 'web3'], CANARY)
  await bed.plan()
  expect(await problemsOf(() => bed.apply())).toEqual([expect.stringContaining('tier web has confirm: true')])
  expect(bed.host('web1').read('srv/text')).toBe('old\n')

  const asked: string[] = []
  const saying = (yes: boolean) => ({
    confirm: async (question: string) => {
      asked.push(question)
      return yes
    },
  })
  const first = await bed.apply(saying(false))
  expect(first.outcomes).toEqual({ web1: 'changed', web2: 'skipped', web3: 'skipped' })
  const second = await bed.apply(saying(true))
  expect(second.outcomes).toEqual({ web1: 'ok', web2: 'changed', web3: 'changed' })
  expect(second.notes).toContainEqual(expect.stringMatching(/^web1: the plan was applied to it before/))
  // Once for each apply: web2 is the canary of the second.
  expect(asked).toHaveLength(2)
})

it('cut off when all was done, and before that was remembered: the next apply remembers it', async () => {
  const bed = await planBed(['web1'])
  await bed.plan()
  const web1 = bed.host('web1')
  let changed = false
  web1.onExec((_, script) => {
    if (changed) return { what: 'cut' }
    changed = script.includes('apply.lock')
    return undefined
  })
  expect((await bed.apply()).outcomes).toEqual({ web1: 'failed' })
  expect(web1.read('srv/text')).toBe('new\n')
  web1.onExec(() => undefined)
  const { id } = planIn(bed).plan
  expect(web1.read(`state/plans/${id}`)).toMatch(/^begun [^\n]*\n$/)

  expect((await bed.apply()).outcomes).toEqual({ web1: 'ok' })
  expect(web1.read(`state/plans/${id}`)).toMatch(/^begun [^\n]*\ndone [^\n]*\n$/)
  // Once is once, whatever becomes of it later.
  web1.write('srv/text', 'old\n')
  expect((await problemsOf(() => bed.apply()))[0]).toMatch(/^the plan was applied already/)
  expect(web1.read('srv/text')).toBe('old\n')
})
