import { describe, expect, test } from 'vitest'
import base from '../../roles/base/index.ts'
import { compiled } from './compiled.ts'

const SSHD = 'file:/etc/ssh/sshd_config.d/00-provision.conf'
const SUDOERS = 'file:/etc/sudoers.d/90-provision'
const TIMESYNCD = 'service:systemd-timesyncd.service'
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEL7nurAXIfV+NgRch/aCK6GLYF/DZRzNMTwsU0cT/QA ada'

describe('role base', () => {
  test('with defaults: packages together and first, then everything in the order in which it depends', async () => {
    const host = await compiled(base)
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:ca-certificates',
      'package:curl',
      'package:tzdata',
      'package:systemd-timesyncd',
      'package:unattended-upgrades',
      SUDOERS,
      'file:/etc/systemd/timesyncd.conf.d/provision.conf',
      TIMESYNCD,
      'file:/etc/timezone',
      'symlink:/etc/localtime',
      SSHD,
      'file:/etc/apt/apt.conf.d/20auto-upgrades',
      'file:/etc/apt/apt.conf.d/52provision-unattended-upgrades',
      'service:apt-daily.timer',
      'service:apt-daily-upgrade.timer',
    ])
  })

  test('writes a drop-in of sshd that is guarded, tested in its place, and proven before sshd reads it', async () => {
    const vars = { ssh_extra_ports: [2222, 22], ssh_options: { maxsessions: 50 } }
    const host = await compiled(base, { vars, host: 'web2' })
    expect(host.content(SSHD)).toBe(
      [
        '# Written by provision (role base, ssh_*); changes made here are lost.',
        '# Read before everything else: for sshd the first value wins. Ports of several files add up.',
        'Port 22',
        'Port 2222',
        'PermitRootLogin prohibit-password',
        'PubkeyAuthentication yes',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'MaxAuthTries 4',
        'X11Forwarding no',
        'maxsessions 50',
        '',
      ].join('\n'),
    )
    expect(host.desired(SSHD)).toMatchObject({ guard: 'ssh', validate: { sh: expect.stringContaining('sshd -t -f') } })
    expect(host.notifies(SSHD)).toEqual(['reload ssh'])
  })

  test.each([
    ['22 where the inventory logs in there', 'web2', {}, ['Port 22']],
    ['left to the host where it logs in at another', 'web1', {}, []],
    ['left to the host but for further ones', 'web1', { ssh_extra_ports: [2200] }, ['Port 2200']],
    ['what is said', 'web1', { ssh_port: 2222 }, ['Port 2222']],
  ])('the port of sshd is %s', async (_, host, vars, ports) => {
    const text = (await compiled(base, { vars, host })).content(SSHD)
    expect(text.split('\n').filter((line) => line.startsWith('Port '))).toEqual(ports)
  })

  test.each([['Match'], ['INCLUDE']])(
    'does not take %s as an option of sshd: it would change what follows',
    async (word) => {
      const host = await compiled(base, { vars: { ssh_options: { [word]: 'x' } } })
      expect(host.problems).toEqual([expect.stringContaining(`ssh_options.${word}`)])
    },
  )

  test('C14, C58: takes sudo from who goes before the account goes, with the home where that is said', async () => {
    const admin_users = [
      { name: 'bob', state: 'absent', remove_home: true },
      { name: 'gone', state: 'absent' },
      { name: 'ada', keys: [KEY] },
    ]
    const { keys, desired, content } = await compiled(base, { vars: { admin_users } })
    const at = (key: string) => keys.indexOf(key)
    expect(content(SUDOERS)).not.toContain('bob')
    expect(keys.filter((key) => key === SUDOERS || key.startsWith('user:'))).toEqual([
      ...['user:ada', SUDOERS, 'user:bob', 'user:gone'],
    ])
    expect(at('user:bob')).toBeGreaterThan(at(SUDOERS))
    expect(desired('user:bob')).toEqual({ name: 'bob', state: 'absent', removeHome: true })
    expect(desired('user:gone')).toEqual({ name: 'gone', state: 'absent' })
  })

  test('makes administrators, and one sudoers file for those who may', async () => {
    const admin_users = [
      { name: 'ada', keys: [KEY] },
      { name: 'bob', sudo: 'password', password_hash: '$y$j9T$secret' },
      { name: 'eve', sudo: 'none', groups: ['adm'] },
      { name: 'gone', state: 'absent' },
    ]
    const host = await compiled(base, { vars: { admin_users } })
    expect(host.keys).toEqual(
      expect.arrayContaining(['package:sudo', 'user:ada', 'authorized-key:ada', 'user:bob', 'user:eve', 'user:gone']),
    )
    expect(host.desired('user:gone')).toEqual({ name: 'gone', state: 'absent' })
    expect(host.desired('authorized-key:ada')).toEqual({ user: 'ada', keys: [KEY], exclusive: false })
    expect(JSON.stringify(host.desired('user:bob'))).not.toContain('y$j9T')
    expect(host.content(SUDOERS).split('\n').slice(1)).toEqual([
      'ada ALL=(ALL:ALL) NOPASSWD: ALL',
      'bob ALL=(ALL:ALL) ALL',
      '',
    ])
    expect(host.desired(SUDOERS)).toMatchObject({
      mode: '0440',
      guard: 'sudo',
      validate: { sh: 'visudo -c -f "$file"' },
    })
  })

  test('starts timesyncd, but in a container, where its unit has a condition against it', async () => {
    const hint = expect.stringContaining('time_sync: none')
    const started = { name: 'systemd-timesyncd', enabled: true, state: 'started', hint }
    expect((await compiled(base)).desired(TIMESYNCD)).toEqual(started)
    const inContainer = { virtualization: 'docker' }
    expect((await compiled(base, { facts: inContainer })).desired(TIMESYNCD)).toEqual({ ...started, state: undefined })
    const asked = await compiled(base, { facts: inContainer, vars: { time_sync_in_containers: true } })
    expect(asked.desired(TIMESYNCD)).toEqual(started)
    expect((await compiled(base, { vars: { time_sync: 'none' } })).keys.join()).not.toContain('timesyncd')
  })

  test('names time servers in a drop-in', async () => {
    const host = await compiled(base, { vars: { ntp_servers: ['a.example', 'b.example'] } })
    const file = 'file:/etc/systemd/timesyncd.conf.d/provision.conf'
    expect(host.content(file)).toMatch(/^\[Time\]\nNTP=a\.example b\.example$/m)
    expect(host.notifies(file)).toEqual(['restart systemd-timesyncd'])
  })

  test.each([
    ['Europe/Berlni', "timezone 'Europe/Berlni' is not known"],
    ['europe/berlin', "timezone 'europe/berlin' is written Europe/Berlin"],
  ])('refuses the timezone %s before any host is touched', async (timezone, message) => {
    const { problems } = await compiled(base, { vars: { timezone } })
    expect(problems).toEqual([expect.stringContaining(message)])
  })

  test('holds packages, and declares each once', async () => {
    const host = await compiled(base, { vars: { apt_hold: ['curl', 'linux-image-amd64'] } })
    expect(host.problems).toEqual([])
    expect(host.desired('package:curl')).toEqual({ name: 'curl', hold: true })
    expect(host.desired('package:linux-image-amd64')).toEqual({ name: 'linux-image-amd64', hold: true })
  })

  test('C61: names the packages that may go', async () => {
    const host = await compiled(base, { vars: { absent_packages: ['chrony', 'curl'] } })
    expect(host.problems).toEqual([])
    expect(host.keys.slice(0, 3)).toEqual(['package:chrony', 'package:curl', 'package:ca-certificates'])
    expect(host.desired('package:chrony')).toEqual({ name: 'chrony', state: 'absent' })
    expect(host.desired('package:curl')).toEqual({ name: 'curl', state: 'absent' })
  })

  test('sets kernel settings', async () => {
    const host = await compiled(base, { vars: { sysctl: { 'net.core.somaxconn': 4096 } } })
    expect(host.desired('sysctl:net.core.somaxconn')).toEqual({ name: 'net.core.somaxconn', value: 4096 })
  })

  test('C15: names the var that leaves a masked timer alone', async () => {
    expect((await compiled(base)).desired('service:apt-daily.timer')).toMatchObject({
      hint: expect.stringContaining('unattended_upgrades_timers: false'),
    })
  })

  test('security updates: which, which not, and when to reboot', async () => {
    const host = await compiled(base, {
      vars: {
        unattended_upgrades_origins: ['origin=Debian,label=Debian-Security'],
        unattended_upgrades_blacklist: ['nginx'],
        unattended_upgrades_reboot: true,
        unattended_upgrades_timers: false,
      },
    })
    expect(host.content('file:/etc/apt/apt.conf.d/52provision-unattended-upgrades')).toBe(
      [
        '// Written by provision (role base, unattended_upgrades_*); changes made here are lost.',
        'Unattended-Upgrade::Automatic-Reboot "true";',
        'Unattended-Upgrade::Automatic-Reboot-Time "04:00";',
        'Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";',
        '#clear Unattended-Upgrade::Origins-Pattern;',
        '#clear Unattended-Upgrade::Allowed-Origins;',
        'Unattended-Upgrade::Origins-Pattern {',
        '  "origin=Debian,label=Debian-Security";',
        '};',
        'Unattended-Upgrade::Package-Blacklist {',
        '  "nginx";',
        '};',
        '',
      ].join('\n'),
    )
    expect(host.keys).not.toContain('service:apt-daily.timer')
  })

  test('no security updates: nothing is installed, and what is there is switched off', async () => {
    const host = await compiled(base, { vars: { unattended_upgrades: false } })
    expect(host.keys).not.toContain('package:unattended-upgrades')
    expect(host.content('file:/etc/apt/apt.conf.d/20auto-upgrades')).toContain('Unattended-Upgrade "0";')
  })

  test('leaves sshd alone when told to', async () => {
    expect((await compiled(base, { vars: { ssh_manage: false } })).keys).not.toContain(SSHD)
  })
})
