import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createMasker } from '../../src/masking/masker.ts'
import { MASK } from '../../src/masking/secret.ts'
import { problemsOf } from '../project-folder.ts'
import { PASSWORD, planBed, planIn } from './plan-bed.ts'

it('a kept plan is the plan that was shown, with a seal of each touched resource, and says so at the end', async () => {
  const bed = await planBed(['web1', 'web2'])
  const { summary, events } = await bed.plan()
  expect(summary).toMatchObject({ planned: 2, failed: 0 })
  const last = events.at(-1)
  expect(last).toMatchObject({ type: 'run-finished' })
  expect(JSON.stringify(last)).toContain('release.plan: sealed until ')

  const { plan, macs } = planIn(bed)
  expect(plan.options).toMatchObject({ inventory: 'prod', limit: [], upgrade: false })
  expect(Date.parse(plan.until) - Date.parse(plan.made)).toBe(3600_000)
  const shown = (all: readonly { readonly type: string }[]) => all.filter(({ type }) => type === 'host-planned')
  expect(shown(plan.events)).toEqual(JSON.parse(JSON.stringify(shown(events))))
  const { root } = bed.host('web1')
  const [web1, web2] = plan.hosts
  expect(web1?.items.map(({ key }) => key)).toEqual([`file:${root}/srv/text`, `file:${root}/srv/password`])
  expect(web1?.items.every(({ wanted, probed }) => wanted.length === 24 && probed?.length === 24)).toBe(true)
  expect(macs.map(([name]) => name)).toEqual(['web1', 'web2'])
  // The same password on both hosts does not show as the same.
  expect(web1?.items[1]?.wanted).not.toBe(web2?.items[1]?.wanted)
  expect(bed.host('web1').read('srv/text')).toBe('old\n')
  expect(bed.host('web1').read('state/generation')).toBeUndefined()
})

it('nothing in the file is a secret, or the digest of one that could be guessed', async () => {
  const bed = await planBed(['web1'])
  await bed.plan()
  const masker = createMasker()
  masker.learn(PASSWORD)
  for (const text of [bed.text(), JSON.stringify(planIn(bed).plan)]) {
    // A mask in the place of each would be another text.
    expect(masker.mask(text)).toBe(text)
  }
  expect(JSON.stringify(planIn(bed).plan.events)).toContain(MASK)
  const before = planIn(bed).plan

  bed.write('inventories/prod/group_vars/all.yml', 'site_text: new\nsite_password: other-password\n')
  await bed.plan()
  const after = planIn(bed).plan
  // Whoever has the file and guesses has nothing on this side to try a guess by.
  expect(after.digests).toEqual(before.digests)
})

it.each([
  [
    'the vars of a group',
    'inventories/prod/group_vars/all.yml',
    (pin: string) => `site_text: ten\nsite_password: '${pin}'\n`,
  ],
  [
    'the vars of a host',
    'inventories/prod/host_vars/web1.yml',
    (pin: string) => `# of web1\nsite_password: "${pin}"\n`,
  ],
  [
    'the vars of a tier',
    'inventories/prod/site.yml',
    (pin: string) => `tiers: [{ name: web, roles: [site], vars: { site_password: '${pin}' } }]\n`,
  ],
])('not a secret of two letters either, in %s', async (_, path, text) => {
  const bed = await planBed(['web1'], { [path]: text('te') })
  const digests = async (pin: string) => {
    bed.write(path, text(pin))
    await bed.plan()
    return planIn(bed).plan.digests
  }
  const before = await digests('te')
  // Whether it stands elsewhere in the file or not; and whatever its length.
  for (const guess of ['xy', '1', 'ten', 'correct horse']) expect(await digests(guess), guess).toEqual(before)
  bed.write('inventories/prod/group_vars/web.yml', 'site_text: other\n')
  expect((await digests('te')).hosts).not.toEqual(before.hosts)
})

it('a --var that is a secret, or what another machine does not have, is refused before a host is asked', async () => {
  const bed = await planBed(['web1'])
  const plan = (more: object) => problemsOf(() => bed.plan(more))
  expect(await plan({ vars: [`site_password=${PASSWORD}-2`] })).toEqual([
    '--var site_password is a secret, which a plan does not hold (set it in an encrypted file of the inventory: provision secrets set)',
  ])
  bed.write('../elsewhere.yml', 'site_text: other\n')
  expect((await plan({ vars: [`@${bed.root}/../elsewhere.yml`] }))[0]).toMatch(/a file outside of the project/)
  expect(bed.host('web1').scripts).toEqual([])
  expect(existsSync(bed.out)).toBe(false)
})

it('of hosts that can not all be planned no plan is kept', async () => {
  const bed = await planBed(['web1', 'web2'])
  bed.host('web2').onExec(() => ({ what: 'cut' }))
  const { summary, events } = await bed.plan()
  expect(summary).toMatchObject({ planned: 1, failed: 1 })
  expect(JSON.stringify(events.at(-1))).toContain('no plan is written: web2 could not be planned')
  expect(existsSync(bed.out)).toBe(false)
})

it('a host without an SSH host key says what it lacks', async () => {
  const bed = await planBed(['web1'])
  bed.host('web1').write('etc/ssh/ssh_host_ed25519_key', '')
  const { results } = await bed.plan()
  expect(results[0]?.failure).toMatchObject({
    message: expect.stringContaining('no SSH host key'),
    hint: expect.stringContaining('ssh-keygen -A'),
  })
})
