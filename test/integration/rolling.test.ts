import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { testLab } from '../lab/test-labs.ts'
import { endLease } from './lease.ts'
import { keptPlan } from './rolling/kept-plan.ts'
import { onTerminal } from './terminal.ts'
import { testBed } from './test-bed.ts'

/**
 * A user's own role with its own drain and gates, and what a tier's policy says. The board stands for what sends requests:
 * who is out is written there. Steps and a handler wait for files that the test puts there and takes away.
 */
const bed = testBed({
  ...testLab('rolling'),
  hosts: [{ name: 'one' }, { name: 'two', user: 'deploy' }, { name: 'three' }, { name: 'four' }, { name: 'board' }],
})
const SERVERS = ['one', 'two', 'three', 'four'] as const
const RACKS = { one: 'a', two: 'b', three: 'a', four: 'b' }
const DOOR = 7000

const SVC = (content: string) => `[
  file({
    path: '/etc/svc',
    content: '${content}\\n',
    notify: [handler({ id: 'restart svc', run: sh\`while [ -e /root/slow ]; do sleep 0.2; done; cp /etc/svc /root/svc.seen\` })],
  }),
]`
const ROLLOUT = `{
  disruptive: ['file:/etc/svc', 'handler:restart svc'],
  drain: [{
    name: 'off the board',
    on: ['board'],
    run: sh\`mkdir -p /root/out; : >/root/out/\${host.name}; echo out \${host.name} >>/root/log\`,
    until: sh\`if [ -e /root/busy-\${host.name} ]; then echo it is busy; exit 1; fi\`,
    timeout: 120,
    interval: 0.2,
  }],
  undrain: [{
    name: 'on the board',
    on: ['board'],
    run: sh\`rm -f /root/out/\${host.name}; echo in \${host.name} >>/root/log\`,
  }],
  gates: [
    tcpOpen({ port: ${DOOR} }, { timeout: vars.svc_patience }),
    commandSucceeds('it is fit', sh\`if [ -e /root/unfit ]; then echo it is unfit; exit 1; fi; cmp -s /etc/svc /root/svc.seen\`, { timeout: vars.svc_patience }),
  ],
  verify: [{
    name: 'it is praised',
    on: ['board'],
    until: sh\`if [ -e /root/blamed-\${host.name} ]; then echo nobody praises it; exit 1; fi\`,
    timeout: 1,
  }],
}`
const project = (content: string, policy: Readonly<Record<string, unknown>>, patience = 60) =>
  bed.project({
    roles: { svc: SVC(content) },
    rollouts: { svc: ROLLOUT },
    use: ['file', 'handler', 'sh', 'tcpOpen', 'commandSucceeds'],
    vars: `
      svc_patience: { type: 'number', description: 'Seconds.', default: ${patience} },
      rack: { type: 'string', description: 'Where it stands.', default: '' },`,
    policy,
    hosts: {
      ...Object.fromEntries(SERVERS.map((name) => [name, { roles: ['svc'], vars: { rack: RACKS[name] } }])),
      board: { roles: [], vars: { rack: 'c' } },
    },
  })

const touch = (host: string, file: string) => bed.on(host, `touch /root/${file}`)
const remove = (host: string, file: string) => bed.on(host, `rm -f /root/${file}`)
/** Whether they are there is not what a test that failed before has left. */
const OBSTACLES = 'rm -f /root/busy-* /root/blamed-* /root/unfit /root/slow'
const openDoor = (host: string) =>
  bed.on(
    host,
    `systemd-run -q -u door perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new(Listen => 9, LocalPort => ${DOOR}, ReuseAddr => 1); while (my $c = $s->accept) { close $c }'`,
  )
const lines = (text: string): string[] => text.trim().split('\n').filter(Boolean)
const out = async () => lines(await bed.on('board', 'ls /root/out'))
const journal = async () => lines(await bed.on('board', 'cat /root/log; rm -f /root/log'))
const marked = async () => {
  const found = await Promise.all(SERVERS.map((name) => bed.host(name).exec('test -e /var/lib/provision/drained')))
  return SERVERS.filter((_, i) => found[i]?.code === 0)
}
const contents = () =>
  Promise.all(SERVERS.map((name) => bed.on(name, 'cat /root/svc.seen').then((text) => text.trim())))
const all = (content: string) => SERVERS.map(() => content)

const busy = (host: string) => (event: Event) =>
  event.type === 'output' && event.host === host && event.line.includes('it is busy')
const begun = (host: string) => (event: Event) => event.type === 'host-started' && event.host === host
const put = (host: string) => (event: Event) =>
  event.type === 'step-finished' && event.host === host && event.key === 'undrain:on the board'

/** `+one` where a host begins, `-one` where it is done, words of the tier between them. */
const course = (events: readonly Event[]): string[] =>
  events.flatMap((event) => {
    if (event.type === 'host-started') return [`+${event.host}`]
    if (event.type === 'tier-note') return [event.message]
    const isServer = event.type === 'host-finished' && SERVERS.some((name) => name === event.host)
    return isServer ? [`-${event.host}`] : []
  })

beforeAll(async () => {
  await Promise.all(SERVERS.map(openDoor))
  await bed.on('board', 'mkdir -p /root/out')
  expect((await project('v1', {}).run()).status).toBe(0)
  // What is only now created is in nobody's way.
  await bed.on('board', 'test ! -e /root/log')
})

// One that failed must not be in the way of the next.
afterEach(() => Promise.all([...SERVERS, 'board'].map((name) => bed.on(name, OBSTACLES))))

describe('how many at a time', () => {
  test('a canary alone, then half of the tier; a slot goes to the next host as soon as it is free', async () => {
    await Promise.all([touch('board', 'busy-two'), touch('board', 'busy-three')])
    const running = project('v2', { serial: [1, '50%'] }).start([])
    await Promise.all([running.until(busy('two')), running.until(busy('three'))])
    await remove('board', 'busy-two')
    await running.until(begun('four'))
    await remove('board', 'busy-three')
    const run = await running.done
    expect(run.status).toBe(0)
    const order = course(run.events)
    expect(order.slice(0, 2)).toEqual(['+one', '-one'])
    expect(order.indexOf('+four')).toBe(order.indexOf('-two') + 1)
    expect(order.indexOf('+four')).toBeLessThan(order.indexOf('-three'))
    expect(await contents()).toEqual(all('v2'))
  })

  test('never two racks at once, however many hosts may be at work', async () => {
    await Promise.all([touch('board', 'busy-one'), touch('board', 'busy-three')])
    const running = project('v3', { serial: 4, failure_domain: 'rack' }).start([])
    await Promise.all([running.until(busy('one')), running.until(busy('three'))])
    await Promise.all([remove('board', 'busy-one'), remove('board', 'busy-three')])
    const order = course((await running.done).events)
    expect([order.slice(0, 4).toSorted(), order.slice(4).toSorted()]).toEqual([
      ['+one', '+three', '-one', '-three'],
      ['+four', '+two', '-four', '-two'],
    ])
    expect(await contents()).toEqual(all('v3'))
  })

  test('a pause stands between batches that have ended', async () => {
    const order = course((await project('v4', { serial: 2, pause: 1 }).run()).events)
    expect(order.slice(0, 4).toSorted()).toEqual(['+one', '+two', '-one', '-two'])
    expect(order[4]).toBe('pausing for 1 s')
    expect(order.slice(5).toSorted()).toEqual(['+four', '+three', '-four', '-three'])
  })
})

describe('a policy that wants somebody to be asked', () => {
  const POLICY = { serial: 2, confirm: true }
  // The question takes two lines of it.
  const [COLUMNS, ROWS] = [48, 40]

  /** What is left on the screen is told from the answer on that the plan as a whole was given. */
  async function typed(content: string, ...answers: readonly string[]) {
    const { dir } = project(content, POLICY)
    const { left, ...rest } = await onTerminal({
      cwd: dir,
      args: ['-i', 'test'],
      columns: COLUMNS,
      rows: ROWS,
      answers: [['[y/N]', 'y\r'], ...answers.map((answer) => ['[Y/n]', answer] as const)],
    })
    return { ...rest, left: left.slice(left.indexOf('[y/N] y')) }
  }

  test('is refused without a terminal, before any host is changed; --yes answers', async () => {
    const refused = await project('v5', POLICY).run()
    expect(refused.status).toBe(1)
    expect(refused.events.find(({ type }) => type === 'input-errors')).toMatchObject({
      problems: [{ message: 'tier tier-svc has confirm: true, and there is no terminal to ask on' }],
    })
    expect(await contents()).toEqual(all('v4'))
    expect((await project('v5', POLICY).run('--yes')).status).toBe(0)
    expect(await contents()).toEqual(all('v5'))
  })

  test('C53: goes on at y, once it is asked again after a slip', async () => {
    const { status, shown, left } = await typed('v6', 'go\r', 'y\r')
    expect(shown.match(/tier tier-svc: go on with the next hosts\? \[Y\/n\]/g)).toHaveLength(2)
    expect(status).toBe(0)
    // Each line of the tree once, and the question is gone.
    expect(left).toMatch(/^\[y\/N\] y\n. tier-svc {2}4 hosts\n {2}. one {4}1 change/)
    expect(left.match(/ tier-svc | one /g)).toHaveLength(2)
    expect(await contents()).toEqual(all('v6'))
  })

  test.each([
    ['n', 'v7', 'n\r'],
    ['Ctrl-C', 'v8', '\x03'],
  ])('leaves the rest alone at %s, and says so', async (_, content, answer) => {
    const { status, left } = await typed(content, answer)
    expect(status).toBe(1)
    expect(left.match(/ tier-svc /g)).toHaveLength(1)
    expect(left).toContain('skipped: three, four (declined at the prompt)')
    expect(left).toContain('provision --inventory test --limit three,four')
    expect(await contents()).toEqual([content, content, 'v6', 'v6'])
  })
})

describe('what is asked of a host', () => {
  test('a port that nobody listens on keeps it out; once somebody does, the next run puts it back', async () => {
    await bed.on('one', 'systemctl stop door')
    const run = await project('v9', {}, 1).run()
    expect(run.failure('one')).toMatchObject({
      code: 'gate',
      message: `port ${DOOR} of 127.0.0.1 is open: nobody accepts connections on port ${DOOR} of 127.0.0.1 after 1 s`,
    })
    expect(run.result('one')).toMatchObject({ outcome: 'failed', drained: true })
    expect([await out(), await marked()]).toEqual([['one'], ['one']])
    const shown = await project('v9', {}).start(['--check'], { json: false }).done
    expect(shown.stdout).toContain('out of service (drained): one')
    await openDoor('one')
    await journal()
    expect((await project('v9', {}).run()).status).toBe(0)
    // Before it begins another; and those one after the other.
    const others = SERVERS.slice(1).flatMap((name) => [`out ${name}`, `in ${name}`])
    expect(await journal()).toEqual(['in one', ...others])
    expect([await out(), await marked(), await contents()]).toEqual([[], [], all('v9')])
  })

  test('while it soaks its gates must hold: it is in service when they do not, and the tier stops', async () => {
    const running = project('v10', { soak: 120 }).start([])
    await running.until(put('one'))
    await touch('one', 'unfit')
    const run = await running.done
    expect(run.failure('one')).toMatchObject({
      code: 'gate',
      message: 'it is fit: it is unfit',
      hint: expect.stringContaining('in service with the new version'),
    })
    expect(run.result('one')).not.toHaveProperty('drained')
    expect(course(run.events).slice(0, 2)).toEqual(['+one', '-one'])
    expect(await contents()).toEqual(['v10', 'v9', 'v9', 'v9'])
  })

  test('once it serves it must prove itself: where it does not, it stays in service, and the next run goes on', async () => {
    await touch('board', 'blamed-two')
    const run = await project('v10', {}).run()
    expect(run.status).toBe(1)
    expect(run.failure('two')).toMatchObject({
      code: 'verify',
      message: 'it is praised on board: nobody praises it after 1 s',
      hint: expect.stringContaining('in service with the new version'),
    })
    expect(run.result('two')).toMatchObject({ outcome: 'failed', putBack: true })
    expect(run.result('two')).not.toHaveProperty('drained')
    expect(await contents()).toEqual(['v10', 'v10', 'v9', 'v9'])
    const next = await project('v10', {}).run()
    expect(course(next.events).filter((one) => one.startsWith('+'))).toEqual(['+three', '+four'])
    expect(await contents()).toEqual(all('v10'))
  })
})

// At every other moment of a rollout: test/run/crash-points.test.ts.
test('the program is killed while a host is out and is changed: the next run ends with all in service, one after that finds nothing to do', async () => {
  await touch('two', 'slow')
  const running = project('v11', {}).start([])
  await running.until(
    (event) => event.type === 'step-started' && event.host === 'two' && event.key === 'handler:restart svc',
  )
  running.kill('SIGKILL')
  await running.done
  expect([await out(), await marked()]).toEqual([['two'], ['two']])
  await remove('two', 'slow')
  await endLease(bed.host('two'))
  const next = project('v11', {})
  expect((await next.run()).status).toBe(0)
  expect([await out(), await marked(), await contents()]).toEqual([[], [], all('v11')])
  const again = await next.run()
  for (const name of SERVERS) expect(again.result(name)).toMatchObject({ outcome: 'ok', traffic: { execs: 1 } })
})

test('what sends the requests dies during a drain and comes back in time: the run goes on', async () => {
  await touch('board', 'busy-one')
  const running = project('v12', {}).start([])
  await running.until(busy('one'))
  await bed.host('board').kill()
  await running.until(
    (event) => event.type === 'output' && event.host === 'one' && /^board: (?!it is busy)/.test(event.line),
  )
  await bed.host('board').start()
  await remove('board', 'busy-one')
  expect((await running.done).status).toBe(0)
  expect(await contents()).toEqual(all('v12'))
})

keptPlan(bed)
