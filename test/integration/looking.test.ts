import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { testLab } from '../lab/test-labs.ts'
import type { Run } from './provision.ts'
import { onTerminal } from './terminal.ts'
import { testBed } from './test-bed.ts'

/** Commands without a plan, and the question before the first change, on one host with root and one with sudo. */
const bed = testBed({
  ...testLab('looking'),
  hosts: [{ name: 'one' }, { name: 'two', user: 'deploy', sudo: 'password' }],
})
const HOSTS = ['one', 'two'] as const

const project = (content = 'v1') =>
  bed.project({
    roles: { note: `[file({ path: '/etc/note', content: '${content}\\n' })]` },
    use: ['file'],
    hosts: {
      one: {},
      two: { connection: { become_password_file: `${bed.lab.dir}/become_password` } },
      nobody: { address: '127.0.0.1', connection: { port: 1 } },
    },
  })
type Made = ReturnType<typeof project>

/** One of the commands, its output as lines of JSON where it has any. */
const command = (made: Made, name: string, args: readonly string[]) => made.start(args, { command: name, json: false })
const json = ({ stdout }: Run): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

/** Processes of this command line on a host. */
const running = async (host: string, text: string): Promise<number> =>
  Number((await bed.on(host, `pgrep -fc '^${text}$' || :`)).trim())
/** A number no other test has: seconds that a sleep would take. */
let naps = 7_000
const nap = () => {
  naps += 1
  return `sleep ${naps}`
}
async function until(what: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (await what()) return
    await sleep(250)
  }
  throw new Error('it did not come to that')
}

describe('provision ping and facts', () => {
  test('who answers, who does not and why; the exit status says whether all did', async () => {
    const made = project()
    const all = await command(made, 'ping', ['--json']).done
    expect(all.status).toBe(1)
    expect(json(all)).toMatchObject([
      { host: 'one', ok: true, facts: { os: { id: 'debian' } }, login: {} },
      { host: 'two', ok: true, facts: { os: { id: 'debian' } } },
      { host: 'nobody', ok: false, failure: { code: 'refused' } },
    ])
    const some = await command(made, 'ping', ['-l', '!nobody']).done
    expect(some.stdout).toMatch(
      /✔ {2}two +ssh deploy@\S+, sudo +login \d+ ms +answer \d+ ms +debian 13 \(trixie\), \w+/,
    )
    expect(some.stdout).toMatch(/2 of 2 hosts answer\n$/)
    expect(some.status).toBe(0)
  })

  test('facts of named hosts; the next run need not ask for them first', async () => {
    const made = project()
    const found = await command(made, 'facts', ['one', '--json']).done
    expect(json(found)).toMatchObject([{ host: 'one', facts: { hostname: 'one', cpus: expect.any(Number) } }])
    const run = await made.run('--check', '-l', 'one')
    expect(run.result('one').traffic.execs).toBe(1)
    expect((await command(made, 'facts', ['-l', 'one,two']).done).stdout).toMatch(/^host +tier .*\none .*\ntwo /)
  })
})

describe('provision exec', () => {
  test('runs as root on each host, in words that nobody alters; hosts with the same output together', async () => {
    const made = project()
    const run = await command(made, 'exec', ['-l', '!nobody', '--', 'printf', '%s|', 'a b', '$HOME', "it's"]).done
    expect(run.stdout).toContain("one │ a b|$HOME|it's|")
    expect(run.stdout).toContain("one, two  ok  the same on 2 hosts\n  a b|$HOME|it's|\n\n2 hosts: 2 ok")
    const mixed = await command(made, 'exec', ['-l', 'all', '--json', '--shell', 'id -u; [ "$(hostname)" = one ]']).done
    expect(mixed.status).toBe(1)
    expect(json(mixed).filter(({ type }) => type === 'output')).toHaveLength(2)
    expect(json(mixed).at(-1)).toMatchObject({
      type: 'exec-finished',
      groups: [
        { hosts: ['one'], status: 0, output: '0\n' },
        { hosts: ['two'], status: 1, output: '0\n' },
      ],
      failed: ['two', 'nobody'],
    })
    expect(await bed.on('one', 'ls /var/lib/provision 2>/dev/null | wc -l')).toBe('0\n')
  })

  test('one host: what it prints, and nothing else', async () => {
    const run = await command(project(), 'exec', ['-l', 'two', '--', 'sh', '-c', 'echo out; exit 3']).done
    expect([run.stdout, run.stderr, run.status]).toEqual(['out\n', 'exit status 3\n', 1])
  })

  test.each([
    ['Ctrl-C', 'SIGINT', 'ended before it was done: one, two'],
    ['kill -9', 'SIGKILL', undefined],
  ] as const)('%s ends it on the hosts too, with its children', async (_, signal, said) => {
    const [child, inFront] = [nap(), nap()]
    const shell = ['-l', '!nobody', '--shell', `${child} & ${inFront}`]
    const started = command(project(), 'exec', shell)
    const all = async () => await Promise.all(HOSTS.flatMap((host) => [running(host, child), running(host, inFront)]))
    await until(async () => (await all()).every((count) => count === 1))
    started.kill(signal)
    const run = await started.done
    await until(async () => (await all()).every((count) => count === 0))
    if (said !== undefined) expect([run.stdout.includes(said), run.status]).toEqual([true, 1])
  })
})

describe('a run on a terminal', () => {
  const terminal = { columns: 100, rows: 40 }
  const notes = () => Promise.all(HOSTS.map((host) => bed.on(host, 'cat /etc/note 2>/dev/null || echo none')))

  test('shows its plan and asks; Enter is a no, y applies what was shown; then there is nothing to ask', async () => {
    const { dir } = project('v2')
    const go = (...answers: (readonly [string, string])[]) =>
      onTerminal({ ...terminal, cwd: dir, args: ['-i', 'test', '-l', '!nobody'], answers })
    const no = await go(['[y/N]', '\r'])
    expect(no.left).toMatch(/\+ file:\/etc\/note[\s\S]*\+v2[\s\S]*Apply 2 changes on 2 hosts\? \[y\/N\]/)
    expect(no.left).toContain('skipped: one, two (declined at the prompt)')
    expect([no.status, await notes()]).toEqual([1, ['none\n', 'none\n']])
    const yes = await go(['[y/N]', 'y\r'])
    expect([yes.status, await notes()]).toEqual([0, ['v2\n', 'v2\n']])
    const again = await go()
    expect([again.status, again.shown.includes('[y/N]')]).toEqual([0, false])
  })

  test('--yes answers; without a terminal nobody is asked', async () => {
    const { dir } = project('v3')
    const args = ['-i', 'test', '-l', 'one', '--yes']
    expect((await onTerminal({ ...terminal, cwd: dir, args, answers: [] })).status).toBe(0)
    expect((await project('v4').run('-l', 'two')).status).toBe(0)
    expect(await notes()).toEqual(['v3\n', 'v4\n'])
  })
})

test('the units of drift are in order for systemd', async () => {
  for (const name of ['provision-drift@.service', 'provision-drift@.timer']) {
    const text = readFileSync(new URL(`../../systemd/${name}`, import.meta.url)).toString('base64')
    await bed.on('one', `echo ${text} | base64 -d >/etc/systemd/system/${name}`)
  }
  const said = await bed.on(
    'one',
    'systemd-analyze verify provision-drift@prod.service provision-drift@prod.timer 2>&1',
  )
  expect(said.split('\n').filter((line) => line.includes('provision-drift'))).toEqual([])
})
