import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import type { Connection } from '../../src/connection/connection.ts'
import { ProvisionError } from '../../src/errors.ts'
import { treeRenderer } from '../../src/render/tree.ts'
import { run } from '../../src/run/run.ts'
import { alike } from '../host/alike.ts'
import { fakeHost } from '../host/fake-host.ts'
import { projectFolder } from '../project-folder.ts'
import { numberIn, rowsOn } from '../render/on-screen.ts'
import { fakeTerminal } from '../render/screen.ts'

afterEach(() => vi.unstubAllEnvs())

const HOSTS = 200
const ROLE = `
import { defineRole, file } from 'provision'
export default defineRole({
  name: 'site', description: 'd',
  vars: { site_root: { description: 'd', type: 'string' }, site_owner: { description: 'd', type: 'string' } },
  resources: ({ vars }) => [1, 2, 3].map((n) => file({
    path: vars.site_root + '/etc/' + n, content: 'number ' + n + '\\n', owner: vars.site_owner, group: vars.site_owner,
  })),
})
`

/** Hosts that are all alike, but that some can't be reached, some lose their link in the middle of a change, and all take their time. */
function fleet() {
  const template = fakeHost('all')
  template.write('etc/.keep', '')
  const hosts = alike(template)
  const plans = { done: false }
  const number = (name: string) => Number(name.replace('web', ''))
  const connect = async ({ name }: { readonly name: string }): Promise<Connection> => {
    if (number(name) % 67 === 0)
      throw new ProvisionError(`cannot connect to ${name}: connection refused`, { code: 'refused' })
    const connection = await hosts.connect()
    let execs = 0
    return {
      ...connection,
      async exec(script, options) {
        await sleep(20 + (number(name) % 7) * 20)
        // Of a run: the first exec asks, the second one changes.
        const isChange = plans.done && execs++ === 1
        if (isChange && number(name) % 16 === 5) {
          throw new ProvisionError(`the link to ${name} was cut`, { code: 'unreachable' })
        }
        return connection.exec(script, options)
      },
    }
  }
  const names = Array.from({ length: HOSTS }, (_, i) => `web${i + 1}`)
  const address = (i: number) => `198.18.${i >> 8}.${i & 255}`
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [site] }]\n',
    'inventories/prod/hosts.yml': JSON.stringify({
      tiers: { web: { hosts: Object.fromEntries(names.map((name, i) => [name, { address: address(i) }])) } },
    }),
    'inventories/prod/group_vars/web.yml': JSON.stringify({
      site_root: template.root,
      site_owner: userInfo().username,
    }),
    'roles/site/index.ts': ROLE,
  })
  vi.stubEnv('XDG_CACHE_HOME', join(root, 'cache'))
  return { root, names, connect, target: () => template.target, number, plans }
}

test('a plan and a run of 200 hosts on a terminal of 80 by 24', { timeout: 120_000 }, async () => {
  const { root, names, connect, target, number, plans } = fleet()
  const go = async (check: boolean) => {
    const terminal = fakeTerminal(80, 24, { keepFrames: 'visible' })
    const { out } = terminal
    const renderer = treeRenderer({ ...{ out, err: out, color: true, columns: 80, diff: check, verbosity: 0 } })
    const options = { root, inventory: 'prod', limit: [], tags: [], vars: [], forks: 25, showScripts: false, check }
    const began = performance.now()
    await run(options, { emit: (event) => renderer.event(event), connect, target })
    await renderer.finish()
    return { ...terminal, told: terminal.screen(), seconds: (performance.now() - began) / 1000 }
  }
  const away = names.filter((name) => number(name) % 67 === 0)
  const cut = names.filter((name) => number(name) % 16 === 5 && !away.includes(name))
  const some = HOSTS - away.length

  const plan = await go(true)
  // What they share is there once, and those that can't be reached have their errors.
  expect(plan.told.split('\n').length).toBeLessThan(40)
  expect(plan.told).toContain(`\n${3 * some} changes on ${some} of ${HOSTS} hosts\n`)
  expect(plan.told).toMatch(/ and 178 more: the same 3 changes\n/)
  expect(plan.told).toContain(`\n  ${away.join(', ')} failed: cannot connect to {host}: connection refused\n`)
  expect(plan.told).toContain(`${HOSTS} hosts: ${some} would change, 0 ok, ${away.length} failed`)

  plans.done = true
  const { frames, written, told, seconds, cursorShown } = await go(false)
  const lists = frames.map((frame) => frame.split('\n')).filter((lines) => lines.some((one) => /^\S web {2}/.test(one)))
  // Those that were drawn while hosts were at work, not the one that stays.
  const live = lists.filter((lines) => lines.some((one) => one.startsWith('  … ') && / (done|waiting)/.test(one)))
  expect(live.length).toBeGreaterThan(5)
  for (const lines of live) {
    const [head = ''] = lines.filter((one) => /^\S web {2}/.test(one))
    const [rest = ''] = lines.filter((one) => one.startsWith('  … '))
    const failed = rowsOn(lines, '✖').length + numberIn(rest, 'more failed')
    const active = rowsOn(lines, '❯').length + numberIn(rest, 'more running')
    const [done, waiting] = [numberIn(rest, 'done'), numberIn(rest, 'waiting')]
    expect(failed + active + done + waiting, lines.join('\n')).toBe(some)
    expect(active).toBeLessThanOrEqual(25)
    if (failed > 0) expect(head).toContain(`  ${failed} failed`)
    if (failed + done > 0) expect(head).toContain(`web  ${failed + done}/${some}`)
    expect(lines.at(-1)).toBe('')
  }
  expect(live.some((lines) => rowsOn(lines, '✖').length > 0)).toBe(true)
  // Ten times a second, and what begins and ends the two parts of the screen.
  expect(written.writes).toBeLessThan(10 * seconds + 60)
  expect(told).toContain(`\n✖ web  ${some} hosts, ${cut.length} failed\n`)
  for (const name of cut) expect(told).toContain(`  ✖ ${name.padEnd(6)}  failed`)
  expect(told).toContain(`\n${cut.join(', ')} failed: the link to {host} was cut\n`)
  expect(told).toContain(`\n${away.join(', ')} failed: cannot connect to {host}: connection refused\n`)
  expect(told).toContain(`${HOSTS} hosts: ${some - cut.length} changed, 0 ok, ${away.length + cut.length} failed`)
  expect(cursorShown()).toBe(true)
})
