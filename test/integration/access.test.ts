import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { testLab } from '../lab/test-labs.ts'
import { testBed } from './test-bed.ts'

const bed = testBed({
  ...testLab('access'),
  hosts: [
    { name: 'fw' },
    { name: 'sshd' },
    { name: 'nopass', user: 'deploy' },
    { name: 'pass', user: 'deploy', sudo: 'password' },
  ],
})

const project = (host: string, body: string) =>
  bed.project({
    roles: { risky: body },
    use: ['file', 'firewall', 'handler', 'pkg', 'reload', 'ufwRule'],
    hosts: { [host]: {} },
  })
const MARK = "file({ path: '/root/mark', content: 'here\\n' })"

describe('a change that locks the tool out, which nobody could know before', () => {
  test('is put back by the host itself: firewall, sshd, sudo', async () => {
    await bed.on('fw', 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q ufw')
    // ufw's own rules come before those that the check can weigh.
    const drop = '-A ufw-before-input -p tcp --dport 22 -m conntrack --ctstate NEW -j DROP'
    await bed.on('fw', `sed -i '/^# don.t delete the .COMMIT/i ${drop}' /etc/ufw/before.rules`)
    await bed.on('fw', 'grep -q "dport 22" /etc/ufw/before.rules')

    const cut = {
      fw: "[ufwRule({ action: 'allow', proto: 'tcp', port: 22 }), firewall({})]",
      sshd: `[file({ path: '/etc/ssh/sshd_config.d/00-locked.conf', content: 'AllowUsers nobody\\n', guard: 'ssh',
        validate: sh\`sshd -t -f "$file"\`, notify: [reload('ssh')] })]`,
      nopass: `[file({ path: '/etc/sudoers.d/zz-locked', content: 'deploy ALL=(ALL) !ALL\\n', mode: '0440', guard: 'sudo',
        validate: sh\`visudo -c -f "$file"\` })]`,
    }
    const runs = await Promise.all(
      Object.entries(cut).map(async ([host, body]) => ({ host, run: await project(host, body).run() })),
    )
    for (const { host, run } of runs) {
      expect(run.status, host).toBe(1)
      expect(run.failure(host), host).toMatchObject({
        code: 'reverted',
        message: expect.stringContaining('the host rolled it back automatically'),
      })
      expect(run.notes(host).join('\n')).toContain('no new connection after the change yet')
      // In it comes again, and does what it is told.
      expect((await project(host, `[${MARK}]`).run()).result(host).changed, host).toEqual(['file:/root/mark'])
      expect(await bed.on(host, 'systemctl list-units --all --no-legend "provision-auto-revert-*"')).toBe('')
    }
    expect(await bed.on('fw', 'ufw status')).toContain('inactive')
    expect(await bed.on('sshd', 'ls /etc/ssh/sshd_config.d')).not.toContain('locked')
    expect(await bed.on('nopass', 'ls /etc/sudoers.d')).not.toContain('locked')
    await bed.on('fw', "sed -i '/dport 22/d' /etc/ufw/before.rules")
  })

  test('that takes every old connection with it is kept, where a new one comes in', async () => {
    const body = `[file({ path: '/etc/ssh/sshd_config.d/10-grace.conf', content: 'LoginGraceTime 90\\n', guard: 'ssh',
      validate: sh\`sshd -t -f "$file"\`, notify: [reload('ssh'), handler({ id: 'end sessions', run: sh\`pkill -f '^sshd(-session)?: .*@' || :\` })] }),
      file({ path: '/root/after', content: 'here\\n' })]`
    const run = await project('sshd', body).run()
    expect(run.result('sshd').changed).toEqual([
      'file:/etc/ssh/sshd_config.d/10-grace.conf',
      'handler:reload ssh',
      'handler:end sessions',
      'file:/root/after',
    ])
    expect(run.notes('sshd').join('\n')).toContain('logging in anew to see how the change ended')
    expect(await bed.on('sshd', 'sshd -T | grep -i logingracetime')).toBe('logingracetime 90\n')
    expect(await bed.on('sshd', 'systemctl list-units --all --no-legend "provision-auto-revert-*"')).toBe('')
    expect((await project('sshd', body).run()).result('sshd').changed).toEqual([])
  })

  test('a rule set that plainly shuts SSH out is refused, and nothing of it is made', async () => {
    const body = "[ufwRule({ action: 'allow', proto: 'tcp', port: 22, from: '203.0.113.0/24' }), firewall({})]"
    const run = await project('fw', body).run()
    expect(run.status).toBe(1)
    expect(run.failure('fw')).toMatchObject({
      code: 'probe',
      message: expect.stringMatching(/^nothing is changed: ufw would lock provision out/),
    })
    expect(await bed.on('fw', 'ufw show added')).not.toContain('203.0.113.0')
    expect(await bed.on('fw', 'ufw status')).toContain('inactive')
  })

  test('files that their program rejects never land', async () => {
    const sudoers = `[file({ path: '/etc/sudoers.d/zz-broken', content: 'deploy ALL=\\n', mode: '0440', guard: 'sudo',
      validate: sh\`visudo -c -f "$file"\` })]`
    const sshd = `[file({ path: '/etc/ssh/sshd_config.d/00-broken.conf', content: 'NoSuchOption yes\\n', guard: 'ssh',
      validate: sh\`sshd -t -f "$file"\`, notify: [reload('ssh')] })]`
    const [visudo, sshdRun] = await Promise.all([project('nopass', sudoers).run(), project('sshd', sshd).run()])
    expect(visudo.failure('nopass')).toMatchObject({ code: 'apply', resource: 'file:/etc/sudoers.d/zz-broken' })
    expect(visudo.failure('nopass').log.join('\n')).toMatch(/syntax error|parse error/)
    expect(sshdRun.failure('sshd').log.join('\n')).toContain('Bad configuration option: NoSuchOption')
    expect(await bed.on('nopass', 'ls -A /etc/sudoers.d')).not.toContain('zz-broken')
    expect(await bed.on('sshd', 'ls -A /etc/ssh/sshd_config.d')).not.toContain('broken')
    for (const host of ['nopass', 'sshd']) {
      expect(
        await bed.on(
          host,
          'systemctl list-units --all --no-legend "provision-auto-revert-*"; ls -A /var/lib/provision/auto-revert',
        ),
      ).toBe('')
    }
  })
})

describe('hosts that do not let the tool in', () => {
  test('fail with their reasons, while the others are planned and changed', async () => {
    await bed.on('fw', 'iptables -I INPUT -p tcp --dport 22 -j DROP')
    const since = (await bed.on('pass', 'date "+%F %T"')).trim()
    const some = bed.project({
      roles: { mark: "[file({ path: '/root/second', content: 'x' })]" },
      use: ['file'],
      files: { wrong: 'not the password\n' },
      hosts: {
        nopass: {},
        nowhere: { address: 'no-such-host.invalid' },
        sshd: { connection: { port: 1 } },
        fw: { connection: { connect_timeout: 3 } },
        pass: { connection: { become_password_file: '../../wrong' } },
      },
    })
    const run = await some.run()
    await bed.on('fw', 'iptables -D INPUT -p tcp --dport 22 -j DROP')
    expect(run.status).toBe(1)
    expect(run.result('nopass')).toMatchObject({ outcome: 'changed', changed: ['file:/root/second'] })
    const reasons = Object.fromEntries(
      ['nowhere', 'sshd', 'fw', 'pass'].map((host) => [host, [run.failure(host).code, run.failure(host).message]]),
    )
    expect(reasons).toEqual({
      nowhere: ['dns', 'the name no-such-host.invalid is unknown'],
      sshd: ['refused', `${bed.host('sshd').address} port 1 refuses the connection: nothing listens there`],
      fw: ['timeout', expect.stringContaining('3 s')],
      pass: ['become', 'sudo does not accept the password of deploy'],
    })
    const journal = await bed.on('pass', `journalctl --no-pager -o cat --since '${since}'`)
    expect(journal.match(/authentication failure;/g)).toHaveLength(1)
  })

  test('an unknown key is refused with its fingerprint, a changed one too; accept-new takes an unknown one', async () => {
    const known = readFileSync(join(bed.lab.dir, 'known_hosts'), 'utf8')
    const keyOf = (host: string) => new RegExp(`^${bed.host(host).address} (.*)$`, 'm').exec(known)?.[1] ?? ''
    const some = bed.project({
      roles: { mark: "[file({ path: '/root/third', content: 'x' })]" },
      use: ['file'],
      files: { changed: `${bed.host('sshd').address} ${keyOf('fw')}\n` },
      hosts: {
        sshd: { connection: { known_hosts: '../../changed', host_key_checking: 'accept-new' } },
        fw: { connection: { known_hosts: '../../empty' } },
        nopass: { connection: { known_hosts: '../../new', host_key_checking: 'accept-new' } },
      },
    })
    const run = await some.run()
    expect(run.status).toBe(1)
    expect(run.failure('sshd')).toMatchObject({ code: 'host-key', message: expect.stringContaining('has CHANGED') })
    const fingerprint = (await bed.on('fw', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1]
    expect(run.failure('fw').code).toBe('host-key')
    expect(run.failure('fw').message).toContain(fingerprint)
    expect(run.failure('fw').hint).toContain('provision trust --limit fw')
    expect(run.result('nopass').outcome).toBe('changed')
    expect(readFileSync(join(some.dir, 'new'), 'utf8')).toContain(keyOf('nopass'))
    const again = await some.run('--limit', 'nopass')
    expect(again.result('nopass').outcome).toBe('ok')
  })
})

test('a kind that can not be read marks itself; what is planned beside it is shown, and nothing is changed', async () => {
  const some = bed.project({
    roles: {
      mark: "[file({ path: '/root/fourth', content: 'x' }), broken({ name: 'it' })]",
    },
    use: ['file', 'constructorOf', 'rawScript'],
    prelude: `const broken = constructorOf({
      kind: 'broken',
      key: (desired: { name: string }) => desired.name,
      probe: () => rawScript('echo no such thing >&2; exit 3'),
      parse: () => new Map(),
      diff: () => undefined,
      apply: () => rawScript(':'),
    })`,
    hosts: { fw: {}, sshd: {} },
  })
  const run = await some.run()
  expect(run.status).toBe(1)
  const items = run.plan('fw').items.map(({ key, action, problem }) => ({ key, action, problem }))
  expect(items).toEqual([
    { key: 'file:/root/fourth', action: 'create', problem: undefined },
    { key: 'broken:it', action: 'unknown', problem: expect.stringContaining('status 3') },
  ])
  expect(run.failure('fw')).toMatchObject({ code: 'probe', message: expect.stringContaining('nothing is changed') })
  expect((await bed.host('fw').exec('ls /root/fourth')).code).not.toBe(0)
})
