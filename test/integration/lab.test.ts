import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { $ } from 'zx'
import type { LabHost } from '../../src/lab/host.ts'
import { sshArguments } from '../../src/lab/ssh.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'

const run = $({ quiet: true, nothrow: true })
const SPEC = {
  ...testLab('lab'),
  hosts: [
    { name: 'plain' },
    { name: 'nopasswd', user: 'deploy' },
    { name: 'password', user: 'deploy', sudo: 'password' },
    { name: 'rust', user: 'deploy', sudo: 'password', sudoRs: true },
    { name: 'old', suite: 'bookworm' },
  ],
} as const

let lab: Lab

const host = (name: string): LabHost => {
  const found = lab.hosts.get(name)
  if (!found) throw new Error(`no host ${name}`)
  return found
}

const ssh = async (name: string, command: string, stdin = '') => {
  const { exitCode, stdout, stderr } = await run({ input: stdin })`ssh ${sshArguments(lab, host(name))} ${command}`
  return { code: exitCode, out: stdout.trim(), err: stderr.trim() }
}

beforeAll(async () => {
  lab = await startTestLab(SPEC)
})

afterAll(async () => {
  await lab?.down()
})

describe('a lab host', () => {
  it('boots systemd without a failed unit', async () => {
    for (const each of lab.hosts.values()) expect(await each.ready()).toBe('running')
  })

  it('becomes root in its own way', async () => {
    const password = await $`cat ${join(lab.dir, 'become_password')}`.quiet()
    expect(await ssh('plain', 'id -u')).toMatchObject({ code: 0, out: '0' })
    expect(await ssh('nopasswd', 'id -un; sudo -n id -u')).toMatchObject({ code: 0, out: 'deploy\n0' })
    for (const name of ['password', 'rust']) {
      expect((await ssh(name, 'sudo -n true')).code).not.toBe(0)
      expect(await ssh(name, "sudo -S -p '' id -u", password.stdout)).toMatchObject({ code: 0, out: '0' })
    }
    expect((await host('rust').exec('sudo --version 2>&1')).stdout).toContain('sudo-rs')
  })

  it('is as bare as a new server', async () => {
    const found = await host('plain').exec('command -v nginx ufw prometheus-node-exporter')
    expect(found.stdout).toBe('')
    expect((await host('old').exec('command -v python3 nginx ufw prometheus-node-exporter')).stdout).toBe('')
  })

  it('starts programs at once, each with its own input, output and end, also after a reboot', async () => {
    const old = host('old')
    const echoes = Array.from({ length: 20 }, (_, i) =>
      old.exec(['sh', '-c', 'cat; echo "$0" >&2; exit "$1"', `é${i}`, `${i}`], `in ${i}`),
    )
    expect(await Promise.all(echoes)).toEqual(echoes.map((_, i) => ({ code: i, stdout: `in ${i}`, stderr: `é${i}\n` })))
    const long = await old.exec('head -c 3000000 /dev/zero | tr "\\0" x', 'y'.repeat(300_000))
    expect([long.code, long.stdout.length]).toEqual([0, 3_000_000])
    expect((await old.exec('wc -c', 'y'.repeat(300_000))).stdout).toBe('300000\n')
    expect(await old.exec('kill -9 $$')).toMatchObject({ code: 137 })
    expect(await old.exec(['nowhere'])).toMatchObject({ code: 127 })
    // What stays behind does not hold up whoever started it.
    expect(await old.exec('sleep 60 & echo there')).toMatchObject({ code: 0, stdout: 'there\n' })
    const cut = old.exec('sleep 60')
    await old.exec('true')
    await old.reboot()
    expect((await cut).code).toBe(255)
    expect(await old.exec('cat', 'again')).toMatchObject({ code: 0, stdout: 'again' })
    // Whenever it is asked while its power goes, it is answered.
    const killed = old.kill()
    const asked = Array.from({ length: 30 }, (_, i) => sleep(20 * i).then(() => old.exec('sleep 60')))
    await killed
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual(asked.map(() => 255))
    await old.start()
    expect(await old.exec('cat', 'again')).toMatchObject({ code: 0, stdout: 'again' })
  })

  it('hangs when its cable is pulled and keeps its address', async () => {
    const plain = host('plain')
    await plain.cut()
    expect(await plain.status()).toEqual({ running: true, connected: false })
    expect((await ssh('plain', 'true')).code).toBe(255)
    await plain.heal()
    expect(await ssh('plain', 'hostname -I')).toMatchObject({ code: 0, out: plain.address })
  })

  it('survives a power cut, and a second start of the lab finds it as it was', async () => {
    await host('plain').exec('touch /root/kept && sync')
    await host('plain').kill()
    await host('nopasswd').cut()
    const started = Date.now()
    lab = await startLab(SPEC)
    expect(Date.now() - started).toBeLessThan(15_000)
    expect(await ssh('plain', 'ls /root/kept')).toMatchObject({ code: 0, out: '/root/kept' })
    expect(await ssh('nopasswd', 'true')).toMatchObject({ code: 0 })
  })

  it('writes its sysctls without touching those of the machine', async () => {
    const before = (await run`cat /proc/sys/vm/swappiness /proc/sys/net/core/somaxconn`).stdout
    const set = await host('plain').exec('sysctl -qw vm.swappiness=7 net.core.somaxconn=999')
    expect(set).toMatchObject({ code: 0, stderr: '' })
    expect((await host('plain').exec('cat /proc/sys/vm/swappiness')).stdout).toBe('7\n')
    expect((await run`cat /proc/sys/vm/swappiness /proc/sys/net/core/somaxconn`).stdout).toBe(before)
  })

  it('installs what roles need without a network', async () => {
    const plain = host('plain')
    await plain.cut()
    const install = 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends'
    expect(await plain.exec(`${install} nginx prometheus-node-exporter ufw chrony`)).toMatchObject({ code: 0 })
    await plain.heal()
    const firewall = await plain.exec('ufw allow 22/tcp && ufw --force enable && iptables -S ufw-user-input')
    expect(firewall.stdout).toContain('--dport 22 -j ACCEPT')
    expect((await plain.exec('systemctl is-active nginx prometheus-node-exporter chrony')).code).toBe(0)
    expect(await ssh('plain', 'systemctl is-system-running')).toMatchObject({ out: 'running' })
  })
})
