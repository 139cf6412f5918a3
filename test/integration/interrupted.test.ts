import { describe, expect, test } from 'vitest'
import { testLab } from '../lab/test-labs.ts'
import { endLease } from './lease.ts'
import { plannedOf } from './provision.ts'
import { testBed } from './test-bed.ts'

const bed = testBed({
  ...testLab('interrupted'),
  hosts: [{ name: 'one' }, { name: 'two', user: 'deploy' }],
})

const USE = ['file', 'command', 'handler', 'restart', 'service', 'systemdUnit'] as const

/** A unit that keeps what its file said when it started, and a handler that has no unit: both show their effect. */
const DEMO = (version: string, then: string, restarts = true) => `[
  systemdUnit({
    unit: 'demo.service',
    content: "[Service]\\nExecStart=/bin/sh -c 'cp /etc/demo.conf /run/demo.seen; exec sleep infinity'\\n[Install]\\nWantedBy=multi-user.target\\n",
  }),
  file({
    path: '/etc/demo.conf',
    content: '${version}\\n',
    notify: [${restarts ? "restart('demo'), " : ''}handler({ id: 'publish demo', run: sh\`cp /etc/demo.conf /root/demo.published\` })],
  }),
  service({ name: 'demo', enabled: true, state: 'started' }),
  ${then}
]`
/** A command that runs until the test lets it go on: what happens meanwhile depends on no clock. */
const GATE = (name: string) =>
  `command({ name: '${name}', run: sh\`until [ -e /root/open-${name} ]; do sleep 0.2; done; touch /root/${name}\`, creates: '/root/${name}' }),`
const open = (host: string, name: string) => bed.on(host, `touch /root/open-${name}`)

const demo = (hosts: readonly string[], version: string, then = '') =>
  bed.project({
    roles: { demo: DEMO(version, then) },
    use: USE,
    hosts: Object.fromEntries(hosts.map((name) => [name, {}])),
  })

const inStep = (host: string, key: string) => (event: { type: string }) =>
  event.type === 'step-started' && 'host' in event && event.host === host && 'key' in event && event.key === key

const seen = async (host: string) =>
  (await bed.on(host, 'cat /etc/demo.conf /run/demo.seen /root/demo.published')).trim()
const pending = async (host: string) =>
  (await bed.on(host, 'ls /var/lib/provision/pending')).trim().split('\n').filter(Boolean)

describe('a change whose handler did not come to its turn', () => {
  test('the script is killed on the host: the next run pays, and the unit shows it', async () => {
    expect((await demo(['one', 'two'], 'v1').run()).status).toBe(0)
    expect(await seen('two')).toBe('v1\nv1\nv1')
    const running = demo(['two'], 'v2', GATE('killed')).start([])
    await running.until(inStep('two', 'command:killed'))
    // Everything that the login started, the script among it.
    await bed.on('two', "systemctl kill -s KILL 'session-*.scope'")
    const run = await running.done
    expect(run.status).toBe(1)
    expect(run.failure('two')).toMatchObject({
      code: 'unreachable',
      resource: 'command:killed',
      hint: expect.stringContaining('run again'),
    })
    expect(run.result('two').pendingHandlers.toSorted()).toEqual(['publish demo', 'restart demo'])
    expect(await pending('two')).toHaveLength(2)
    expect(await seen('two')).toBe('v2\nv1\nv1')

    const next = demo(['two'], 'v2')
    const check = await next.run('--check')
    expect(check.status).toBe(2)
    expect(plannedOf(check.plan('two'))).toEqual(['handler:publish demo', 'handler:restart demo'])
    expect(check.plan('two').handlers.every((handler) => handler.pending)).toBe(true)
    const ran = await next.run()
    expect(ran.status).toBe(0)
    expect(ran.result('two').changed.toSorted()).toEqual(['handler:publish demo', 'handler:restart demo'])
    expect(await seen('two')).toBe('v2\nv2\nv2')
    expect(await pending('two')).toEqual([])
    expect((await next.run()).result('two')).toMatchObject({ outcome: 'ok', changed: [], traffic: { execs: 1 } })
  })

  test('a power cut: the next run pays', async () => {
    const running = demo(['one'], 'v3', GATE('cut-off')).start([])
    await running.until(inStep('one', 'command:cut-off'))
    await bed.host('one').kill()
    const run = await running.done
    expect(run.status).toBe(1)
    expect(run.failure('one').code).toBe('unreachable')
    await bed.host('one').start()
    // The unit was started anew, at boot; what has no unit did not happen.
    expect(await seen('one')).toBe('v3\nv3\nv1')
    expect(await pending('one')).toHaveLength(2)
    await endLease(bed.host('one'))
    expect((await demo(['one'], 'v3').run()).status).toBe(0)
    expect(await seen('one')).toBe('v3\nv3\nv3')
    expect(await pending('one')).toEqual([])
  })
})

const WAITED = [
  expect.stringMatching(/^waiting for another run to end: \S+@\S+, since \d{4}-/),
  'another run was at work here since the plan was made: planning anew',
]

describe('a controller that dies', () => {
  test('the host finishes by itself; a run right after waits for it and finds nothing to do', async () => {
    const project = demo(['two'], 'v4', GATE('orphan'))
    const first = project.start([])
    await first.until(inStep('two', 'command:orphan'))
    first.kill('SIGKILL')
    expect((await first.done).status).toBe(null)
    const waiting = project.start([])
    await waiting.until(({ type }) => type === 'host-note')
    await open('two', 'orphan')
    const second = await waiting.done
    expect(second.status, second.stdout).toBe(0)
    expect(second.notes('two')).toEqual(WAITED)
    // It planned while the orphan was at work, and made no change on the strength of that plan.
    expect(plannedOf(second.plan('two'))).toContain('command:orphan')
    expect(second.result('two')).toMatchObject({ outcome: 'ok', changed: [] })
    expect(await seen('two')).toBe('v4\nv4\nv4')
    expect(await pending('two')).toEqual([])
  })
})

// One that takes too long: test/run/interrupted.test.ts.
describe('two runs at once', () => {
  test('the second waits, says for whom, and goes on', async () => {
    const first = demo(['two'], 'v5', GATE('busy')).start([])
    await first.until(inStep('two', 'command:busy'))
    const waiting = demo(['two'], 'v5', GATE('busy')).start([])
    await waiting.until(({ type }) => type === 'host-note')
    await open('two', 'busy')
    const [run, second] = await Promise.all([first.done, waiting.done])
    expect([run.status, second.status], second.stdout).toEqual([0, 0])
    expect(run.result('two').changed).toContain('command:busy')
    expect(second.result('two').changed).toEqual([])
    expect(second.notes('two')).toEqual(WAITED)
  })
})

test('a link cut in the middle: that host fails in half a minute, the other is done, the next run completes', async () => {
  const project = demo(['one', 'two'], 'v7', GATE('far'))
  const running = project.start([])
  await Promise.all(['one', 'two'].map((name) => running.until(inStep(name, 'command:far'))))
  await bed.host('one').cut()
  await open('two', 'far')
  const began = Date.now()
  let told = 0
  running
    .until((event) => event.type === 'host-finished' && event.host === 'one')
    .then(() => (told = Date.now() - began))
  const run = await running.done
  expect(run.status).toBe(1)
  expect(told).toBeGreaterThan(0)
  expect(told).toBeLessThan(35_000)
  expect(run.failure('one')).toMatchObject({ code: 'unreachable', message: expect.stringContaining('link lost') })
  expect(run.result('two').outcome).toBe('changed')
  expect(await seen('two')).toBe('v7\nv7\nv7')
  await open('one', 'far')
  await bed.host('one').heal()
  expect((await project.run()).status).toBe(0)
  // The script ran to its end without a listener.
  expect(await seen('one')).toBe('v7\nv7\nv7')
  expect(await pending('one')).toEqual([])
})

describe('a full disk', () => {
  const full = (size: number) =>
    bed.project({
      roles: { big: `[file({ path: '/srv/small/data', content: 'x'.repeat(${size}), mode: '0640' })]` },
      use: ['file'],
      hosts: { two: {} },
    })

  test('under the file: the old one is whole, the words of the host are told, and it is made up for', async () => {
    await bed.on('two', 'mkdir -p /srv/small && mount -t tmpfs -o size=256k tmpfs /srv/small')
    expect((await full(100_000).run()).status).toBe(0)
    const project = full(200_000)
    const run = await project.run()
    expect(run.status).toBe(1)
    expect(run.failure('two')).toMatchObject({ code: 'apply', resource: 'file:/srv/small/data' })
    expect(run.failure('two').log.join('\n')).toContain('No space left on device')
    expect(await bed.on('two', 'ls -A /srv/small; wc -c </srv/small/data; stat -c %a /srv/small/data')).toBe(
      'data\n100000\n640\n',
    )
    await bed.on('two', 'mount -o remount,size=1m /srv/small')
    expect((await project.run()).result('two').changed).toEqual(['file:/srv/small/data'])
    expect(await bed.on('two', 'wc -c </srv/small/data')).toBe('200000\n')
  })

  test("under the tool's own state: nothing is changed", async () => {
    expect((await demo(['two'], 'v7').run()).status).toBe(0)
    await bed.on('two', 'mkdir -p /mnt/state && mount -t tmpfs -o size=64k tmpfs /mnt/state')
    await bed.on('two', 'cp -a /var/lib/provision/. /mnt/state && mount --bind /mnt/state /var/lib/provision')
    await bed.on('two', 'dd if=/dev/zero of=/var/lib/provision/filler bs=4k 2>/dev/null || true')
    const project = demo(['two'], 'v8')
    const run = await project.run()
    expect(run.status).toBe(1)
    expect(run.failure('two')).toMatchObject({
      message: 'nothing is changed: the lock in /var/lib/provision could not be written',
      hint: expect.stringContaining('full'),
    })
    expect(await seen('two')).toBe('v7\nv7\nv7')
    await bed.on('two', 'rm /var/lib/provision/filler')
    expect((await project.run()).status).toBe(0)
    expect(await seen('two')).toBe('v8\nv8\nv8')
    await bed.on('two', 'umount /var/lib/provision /mnt/state')
  })
})

/**
 * Packages of a repository on the host itself, whose maintainer script fails so often before it does not; each enables and
 * starts a unit, as Debian's do.
 */
const FLAWED = (name: string, failures: number) => `set -eu
mkdir -p /root/repo/${name}/DEBIAN /root/repo/${name}/lib/systemd/system && cd /root/repo
printf '[Service]\\nExecStart=/bin/sleep inf\\n[Install]\\nWantedBy=multi-user.target\\n' >${name}/lib/systemd/system/${name}.service
printf 'Package: ${name}\\nVersion: 1\\nArchitecture: all\\nMaintainer: lab <lab@example.org>\\nDescription: flawed\\n' >${name}/DEBIAN/control
printf '#!/bin/sh\\necho try >>/root/${name}.tries; [ "$(wc -l </root/${name}.tries)" -gt ${failures} ] && systemctl -q enable ${name} && systemctl start ${name}\\n' >${name}/DEBIAN/postinst
chmod 755 ${name}/DEBIAN/postinst /root /root/repo && dpkg-deb -b ${name} ${name}.deb
{ dpkg-deb -f ${name}.deb; printf 'Filename: ./${name}.deb\\nSize: %s\\nSHA256: %s\\n\\n' "$(stat -c %s ${name}.deb)" "$(sha256sum ${name}.deb | cut -d' ' -f1)"; } >>Packages
echo 'deb [trusted=yes] file:/root/repo ./' >/etc/apt/sources.list.d/flawed.list
apt-get -q update -o Dir::Etc::sourcelist=/etc/apt/sources.list.d/flawed.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0`

describe("a package's maintainer script fails", () => {
  const wanting = (name: string) =>
    bed.project({
      roles: { demo: `[pkg({ name: '${name}' }), service({ name: '${name}', enabled: false, state: 'stopped' })]` },
      use: ['pkg', 'service'],
      hosts: { one: {} },
    })
  const tries = async (name: string) => (await bed.on('one', `cat /root/${name}.tries`)).trim().split('\n').length

  test('at its first try only: it is configured once more in the same run, and its unit is off as declared', async () => {
    await bed.on('one', FLAWED('shy', 1))
    const run = await wanting('shy').run()
    expect(run.failures()).toEqual([])
    expect(run.result('one').outcome).toBe('changed')
    expect(await tries('shy')).toBe(2)
    expect(await bed.on('one', 'systemctl is-enabled shy; systemctl is-active shy; true')).toBe('disabled\ninactive\n')
    expect((await wanting('shy').run('--check')).status).toBe(0)
  })

  test('at that one too: the host fails with its words, and the next run takes it up', async () => {
    await bed.on('one', FLAWED('broken', 2))
    const run = await wanting('broken').run()
    expect(run.failure('one').log.join('\n')).toContain('error processing package broken')
    expect(await tries('broken')).toBe(2)
    expect((await wanting('broken').run()).failures()).toEqual([])
    expect(await tries('broken')).toBe(3)
  })
})
