import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { digestOf, planText } from '../../src/sealed/plan-file.ts'
import { problemsOf } from '../project-folder.ts'
import { PASSWORD, type PlanBed, planBed, planIn } from './plan-bed.ts'

const states = ({ host }: PlanBed, ...names: readonly string[]) => names.map((name) => host(name).read('srv/text'))

it('what is applied is the plan, and once: the host remembers it with its first change, and no round trip is for that', async () => {
  const bed = await planBed(['web1', 'web2'])
  await bed.plan()
  const before = bed.host('web1').scripts.length
  const { outcomes, results } = await bed.apply()
  expect(outcomes, JSON.stringify(results)).toEqual({ web1: 'changed', web2: 'changed' })
  expect(states(bed, 'web1', 'web2')).toEqual(['new\n', 'new\n'])
  expect(bed.host('web1').read('srv/password')).toBe(`password = ${PASSWORD}\n`)
  expect(bed.host('web1').read('published')).toBe('new\n')
  // Probe, change, probe.
  expect(bed.host('web1').scripts.length - before).toBe(3)
  const { id } = planIn(bed).plan
  expect(bed.host('web1').read(`state/plans/${id}`)).toMatch(/^begun \S+Z \S+ \S+@\S+\ndone \S+Z \S+ \S+@\S+\n$/)

  const again = (await problemsOf(() => bed.apply()))[0]
  expect(again).toMatch(
    /^the plan was applied already, on \d{4}-\d\d-\d\d \d\d:\d\d UTC by \S+@\S+: nothing is changed/,
  )
  // Also where it would do something once more.
  bed.host('web1').write('srv/text', 'old\n')
  bed.host('web2').write('srv/text', 'old\n')
  expect((await problemsOf(() => bed.apply()))[0]).toBe(again)
  expect(states(bed, 'web1', 'web2')).toEqual(['old\n', 'old\n'])
})

it('a host on which something has moved is not changed and says what and how; the others are', async () => {
  const bed = await planBed(['web1', 'web2', 'web3'])
  await bed.plan()
  bed.host('web2').write('srv/text', 'edited by hand\n')
  const { outcomes, results } = await bed.apply()
  expect(outcomes).toEqual({ web1: 'changed', web2: 'failed', web3: 'changed' })
  const { root } = bed.host('web2')
  expect(results[1]?.failure).toMatchObject({
    code: 'stale',
    message: `it is not as it was when the plan was made: file:${root}/srv/text has changed on the host (a line that was not there: "edited by hand"; a line that is gone: "old")`,
    hint: expect.stringContaining('apply the plan again'),
  })
  expect(states(bed, 'web1', 'web2', 'web3')).toEqual(['new\n', 'edited by hand\n', 'new\n'])
  expect(bed.host('web2').read('state/generation')).toBeUndefined()

  // Put right, it is done by the same command; where it was done, a change since then is left.
  bed.host('web2').write('srv/text', 'old\n')
  bed.host('web3').write('srv/text', 'something else\n')
  const again = await bed.apply()
  expect(again.outcomes).toEqual({ web1: 'ok', web2: 'changed', web3: 'ok' })
  expect(again.notes).toContainEqual(
    expect.stringMatching(/^web1: the plan was applied to it before, at .*Z by \S+@\S+: it is left as it is$/),
  )
  expect(states(bed, 'web1', 'web2', 'web3')).toEqual(['new\n', 'new\n', 'something else\n'])
})

it.each([
  ['the content of one that is to be changed', 'srv/text', 'other\n', 'srv/text has changed on the host'],
  ['a secret that nobody sees', 'srv/password', 'password = formed\n', 'srv/password has changed on the host'],
  ['one that was as declared', 'srv/fixed', 'loose\n', 'srv/fixed is to be changed as well'],
  ['one that somebody brought to its state', 'srv/text', 'new\n', 'srv/text is as declared already'],
])('noticed on a host: %s', async (_, file, text, said) => {
  const bed = await planBed(['web1'])
  await bed.plan()
  bed.host('web1').write(file, text)
  const { results } = await bed.apply()
  expect(results[0]?.failure?.message).toContain(`${bed.host('web1').root}/${said}`)
  expect(JSON.stringify(results)).not.toContain('formed')
})

it('a secret that is another on this side is noticed at what it goes into', async () => {
  const bed = await planBed(['web1'])
  await bed.plan()
  bed.write('inventories/prod/group_vars/all.yml', 'site_text: new\nsite_password: hunt3s\n')
  const { results } = await bed.apply()
  expect(results[0]?.failure?.message).toContain(
    `what is wanted of file:${bed.host('web1').root}/srv/password is another`,
  )
})

it('another checkout is refused with what differs, before a host is asked; one elsewhere with other line ends is the same', async () => {
  const bed = await planBed(['web1'])
  await bed.plan()
  const elsewhere = mkdtempSync(join(tmpdir(), 'checkout-'))
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }))
  cpSync(bed.root, elsewhere, { recursive: true })
  const asked = bed.host('web1').scripts.length
  writeFileSync(
    join(elsewhere, 'inventories/prod/group_vars/all.yml'),
    `site_text: newer\nsite_password: ${PASSWORD}\n`,
  )
  writeFileSync(join(elsewhere, 'roles/site/more.ts'), 'export {}\n')
  expect(await problemsOf(() => bed.apply({}, elsewhere))).toEqual([
    'this is another checkout than the plan was made of: inventories/prod/group_vars/all.yml differs, roles/site/more.ts is new (apply it from the checkout that it was made of, or make it anew)',
  ])
  expect(bed.host('web1').scripts.length).toBe(asked)
  rmSync(join(elsewhere, 'roles/site/more.ts'))
  writeFileSync(
    join(elsewhere, 'inventories/prod/group_vars/all.yml'),
    `site_text: new\r\nsite_password: ${PASSWORD}\r\n`,
  )
  const { outcomes, results } = await bed.apply({}, elsewhere)
  expect(outcomes, JSON.stringify(results)).toEqual({ web1: 'changed' })
})

it('a plan that is too old is refused; so is one that was edited, by the host, though its digest was made anew', async () => {
  const bed = await planBed(['web1'])
  await bed.plan({}, -10)
  expect((await problemsOf(() => bed.apply()))[0]).toMatch(/^the plan expired 10 seconds ago/)
  const file = planIn(bed)
  const plan = { ...file.plan, until: new Date(Date.now() + 3600_000).toISOString() }
  writeFileSync(bed.out, planText({ ...file, plan, digest: digestOf(plan) }))
  const { results } = await bed.apply()
  expect(results[0]?.failure).toMatchObject({
    message: 'the plan is not sealed by this host',
    hint: expect.stringContaining('somebody edited the plan'),
  })
  expect(states(bed, 'web1')).toEqual(['old\n'])
})

it('a host whose clock is off says so, and one that was installed anew is left alone', async () => {
  const bed = await planBed(['web1', 'web2'])
  await bed.plan()
  bed.host('web1').program('date', '[ "$1" = +%s ] && echo "$(($(/bin/date +%s) + 600))" || exec /bin/date "$@"')
  bed.host('web2').write('etc/ssh/ssh_host_ed25519_key', 'another\n')
  const { outcomes, notes, results } = await bed.apply()
  expect(outcomes).toEqual({ web1: 'changed', web2: 'failed' })
  expect(notes).toContainEqual(expect.stringMatching(/^web1: its clock is (9|10) minutes ahead of this machine's$/))
  expect(results[1]?.failure?.hint).toContain('was it installed anew?')
})

it('an apply that was cut off anywhere is continued by the same command', async () => {
  const ends: string[] = []
  for (const after of [0, 240, 480]) {
    const bed = await planBed(['web1'])
    await bed.plan()
    const web1 = bed.host('web1')
    web1.onExec((_, script) => (script.includes('apply.lock') ? { what: 'die', after } : undefined))
    expect((await bed.apply()).outcomes).toEqual({ web1: 'failed' })
    web1.reboot()
    web1.onExec(() => undefined)
    const { outcomes, results } = await bed.apply()
    ends.push(outcomes.web1 ?? '')
    expect(['changed', 'ok'], JSON.stringify(results)).toContain(outcomes.web1)
    const { root } = web1
    expect([root, ...['srv/text', 'srv/password', 'published'].map(web1.read)]).toEqual([
      root,
      ...['new\n', `password = ${PASSWORD}\n`, 'new\n'],
    ])
  }
  // Some were cut off in the middle.
  expect(ends.filter((end) => end === 'changed').length).toBeGreaterThan(0)
})
