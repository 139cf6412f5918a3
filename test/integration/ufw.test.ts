import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { $ } from 'zx'
import type { LabHost } from '../../src/lab/host.ts'
import { sshArguments } from '../../src/lab/ssh.ts'
import type { Resource } from '../../src/resources/resource.ts'
import { autoRevertFor } from '../../src/resources/ufw/auto-revert.ts'
import { diffUfw, type UfwChange } from '../../src/resources/ufw/diff.ts'
import { firewall, type UfwActual, type UfwDesired, ufwKind, ufwRule } from '../../src/resources/ufw/ufw.ts'
import { applyScript, parseFrame, probeScript } from '../../src/shell/frame.ts'
import { joinScripts, rawScript, type Script, sh } from '../../src/shell/script.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { own, scriptOf } from '../resources/answers.ts'

const SPEC = { ...testLab('ufw'), hosts: [{ name: 'fw' }] } as const
const run = $({ quiet: true, nothrow: true })
let lab: Lab
let host: LabHost

type Rule = Resource<UfwDesired, UfwActual>
const NONCE = 'n0'

/** A script over a new SSH connection, as the tool runs it. */
const overSsh = async (script: Script) => {
  const { exitCode, stdout, stderr } = await run({ input: script.sh })`ssh ${sshArguments(lab, host)} sh`
  if (exitCode === 255) throw new Error(`ssh: ${stderr}`)
  const answer = parseFrame(NONCE, stdout).get('ufw')
  return { status: answer?.status ?? exitCode, body: answer?.body ?? stdout }
}

const probe = async (resources: readonly Rule[]) => {
  const desired = resources.map((resource) => resource.desired)
  const { status, body } = await overSsh(
    probeScript(NONCE, [{ id: 'ufw', script: scriptOf(ufwKind, desired), timeout: 20 }]),
  )
  if (status !== 0) throw new Error(`probe: ${status} ${body}`)
  return { body, actual: ufwKind.parse(own(body), desired) }
}

const plan = async (resources: readonly Rule[]): Promise<UfwChange[]> => {
  const { actual } = await probe(resources)
  return resources.flatMap(({ desired }) => {
    const state = actual.get(ufwKind.key(desired)) ?? 'unknown'
    return state === 'unknown' ? [] : (diffUfw(desired, state) ?? [])
  })
}

const apply = (changes: readonly UfwChange[]) =>
  overSsh(applyScript(NONCE, sh`return 0`, [{ id: 'ufw', script: ufwKind.apply(changes), timeout: 120 }]))

const shown = (changes: readonly UfwChange[]) =>
  changes.flatMap((change) => change.fields.map(({ field, from, to }) => `${field}: ${from ?? ''} -> ${to ?? ''}`))

/** Applies what differs and proves that nothing is left. */
const converge = async (resources: readonly Rule[]) => {
  const changes = await plan(resources)
  const done = await apply(changes)
  expect(done).toMatchObject({ status: 0 })
  expect(shown(await plan(resources))).toEqual([])
  return changes
}

const exec = async (command: string) => {
  const { code, stdout, stderr } = await host.exec(command)
  if (code !== 0) throw new Error(`${command}: ${stderr}${stdout}`)
  return stdout
}
const added = async () => (await exec('ufw show added')).trim().split('\n').slice(1)

const SSH = ufwRule({ action: 'allow', proto: 'tcp', port: 22, from: `${SPEC.subnet}.0/24`, comment: 'ssh' })
const WEB = ufwRule({ action: 'allow', proto: 'tcp', port: '443,80', comment: 'web' })
const VRRP = ufwRule({ action: 'allow', proto: 'vrrp', from: [`${SPEC.subnet}.21`, `${SPEC.subnet}.22`] })
const ODD = ufwRule({
  action: 'reject',
  proto: 'udp',
  port: '6000:6100',
  iface: 'eth0',
  log: 'log',
  comment: 'Größe "$x" `y`',
})
const ROUTED = ufwRule({ action: 'allow', route: true, iface: 'eth0', outIface: 'eth1', to: '10.0.0.5', port: 53 })
const V6 = ufwRule({ action: 'allow', proto: 'tcp', port: 9100, from: '2001:DB8::1/64' })
const OUT = ufwRule({ action: 'deny', direction: 'out', iface: 'eth0', proto: 'tcp', port: 25 })
const ALL = [SSH, WEB, VRRP, ODD, ROUTED, V6, OUT, firewall({ purge: 'all' })]

beforeAll(async () => {
  lab = await startTestLab(SPEC)
  const found = lab.hosts.get('fw')
  if (!found) throw new Error('no host fw')
  host = found
})

afterAll(async () => {
  await lab?.down()
})

describe('ufw on a real host', () => {
  it('plans everything where it is not installed', async () => {
    const changes = await plan(ALL)
    expect(changes.map((change) => change.action)).toEqual(ALL.map(() => 'create'))
    expect((await apply(changes)).body).toContain('not installed')
  })

  it('converges from bare, and the same script again does no harm', async () => {
    await exec('DEBIAN_FRONTEND=noninteractive apt-get install -y -q ufw')
    const changes = await plan(ALL)
    expect(await apply(changes)).toMatchObject({ status: 0 })
    expect(shown(await plan(ALL))).toEqual([])
    expect(await apply(changes)).toMatchObject({ status: 0 })
    expect(shown(await plan(ALL))).toEqual([])
    expect(await exec('ufw status verbose')).toContain('Default: deny (incoming), allow (outgoing), d')
    expect(await exec('ufw status verbose')).toContain('Größe "$x" `y`')
  })

  /** What somebody does by hand, and what a plan says of it. Those of one group are independent: one plan sees them all. */
  const BY_HAND: readonly [what: string, edits: readonly (readonly [command: string, seen: string])[]][] = [
    [
      'rules, policy and logging changed',
      [
        ['ufw allow 8080/tcp', 'undeclared rule: allow in proto tcp from any to any port 8080 -> '],
        ['ufw delete allow proto tcp to any port 80,443', 'rule:  -> allow in proto tcp from any to any port 80,443'],
        [
          `ufw deny proto vrrp from ${SPEC.subnet}.22`,
          `action (IPv4): deny in proto vrrp from ${SPEC.subnet}.22 to any -> allow`,
        ],
        ['ufw default allow incoming', 'incoming: allow -> deny'],
        ['ufw logging off', 'logging: off -> low'],
      ],
    ],
    [
      'half a rule removed, and disabled at boot',
      [
        [
          'ufw --force delete "$(ufw status numbered | grep -n "80,443.*(v6)" | sed "s/.*\\[ *\\([0-9]*\\)\\].*/\\1/")"',
          'rule (IPv6):  -> allow in proto tcp from ::/0 to ::/0 port 80,443',
        ],
        ['sed -i s/ENABLED=yes/ENABLED=no/ /etc/ufw/ufw.conf', 'enabled: running, but not at boot -> yes'],
      ],
    ],
    ['stopped', [['ufw disable', 'enabled: no -> yes']]],
    // Each of these says the same, so each is tried alone.
    ['flushed behind its back', [['ip6tables -F ufw6-user-input', 'kernel: not what the rule files say -> reloaded']]],
    ['opened behind its back', [['iptables -P INPUT ACCEPT', 'kernel: not what the rule files say -> reloaded']]],
    ['bypassed', [['ip6tables -D INPUT -j ufw6-before-input', 'kernel: not what the rule files say -> reloaded']]],
    ['IPv6 switched off', [['sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw; ufw reload', 'ipv6: no -> yes']]],
  ]

  it.each(BY_HAND)('%s by hand is seen and repaired', async (_what, edits) => {
    for (const [command] of edits) await exec(command)
    const changes = await converge(ALL)
    expect(shown(changes)).toEqual(expect.arrayContaining(edits.map(([, seen]) => seen)))
    expect(await exec('ufw status')).toContain('Status: active')
  })

  it('takes away only its own when told so, and names the rest', async () => {
    await exec(
      "ufw allow 8080/tcp; ufw route allow in on eth0 out on eth1 to 10.0.0.9; ufw allow 8081 comment 'provision: old'",
    )
    const tagged = [...ALL.slice(0, -1), firewall({ purge: 'tagged' })]
    const changes = await converge(tagged)
    expect(shown(changes)).toEqual([
      'undeclared rule: allow in from any to any port 8081 -> ',
      'undeclared rule, stays: allow in proto tcp from any to any port 8080 -> allow in proto tcp from any to any port 8080',
      expect.stringContaining('undeclared rule, stays: route allow in on eth0 out on eth1'),
    ])
    expect(await added()).toContain('ufw allow 8080/tcp')
    await converge(ALL)
    expect((await added()).join()).not.toContain('8080')
  })

  it('keeps overlapping rules in the order they are declared in', async () => {
    const deny = ufwRule({ action: 'deny', proto: 'tcp', port: 443, from: '203.0.113.0/24' })
    await converge([deny, ...ALL])
    const rules = await added()
    const at = (text: string) => rules.findIndex((rule) => rule.includes(text))
    expect(at('203.0.113.0/24')).toBeGreaterThan(-1)
    expect(at('203.0.113.0/24')).toBeLessThan(at('80,443'))
    // Declared the other way round, it is the deny that has to stand last.
    await converge([...ALL, deny])
    const other = await added()
    expect(other.findIndex((rule) => rule.includes('203.0.113'))).toBeGreaterThan(
      other.findIndex((rule) => rule.includes('80,443')),
    )
    await converge(ALL)
  })

  it('never leaves the rule that lets it in out while it moves', async () => {
    const allows = "iptables -w 10 -S ufw-user-input | grep -q -- '--dport 22 -j ACCEPT'"
    await exec(allows)
    await exec(`rm -f /tmp/stop; (while [ ! -e /tmp/stop ]; do ${allows} || echo gone; done) >/tmp/gone 2>&1 &`)
    const deny = ufwRule({ action: 'deny', proto: 'tcp', port: 22, from: `${SPEC.subnet}.250` })
    await converge([deny, ...ALL])
    await exec('touch /tmp/stop')
    expect(await exec('cat /tmp/gone')).toBe('')
    await converge(ALL)
  })

  it('C33: takes 800 sources of a rule at once, and takes them away again', async () => {
    const from = Array.from({ length: 800 }, (_, i) => `198.${18 + (i >> 8)}.${i & 255}.${i % 200}`)
    const many = ufwRule({ action: 'allow', proto: 'tcp', port: 8443, from, comment: 'many' })
    const began = performance.now()
    await converge([...ALL.slice(0, -1), many, firewall({ purge: 'all' })])
    expect(performance.now() - began).toBeLessThan(60_000)
    expect(await added()).toHaveLength(ALL.length + 800)
    expect(await exec("iptables -S ufw-user-input | grep -c 'dport 8443 -j ACCEPT'")).toBe('800\n')
    expect(ufwKind.key(many.desired).length).toBeLessThan(100)
    await converge(ALL)
    expect((await exec("iptables -S ufw-user-input | grep -c 'dport 8443' || :")).trim()).toBe('0')
  })

  it('C64: names a rule of somebody else that decides before a declared one, whatever purge says', async () => {
    await exec(`ufw insert 1 deny from ${SPEC.subnet}.21 to any port 80`)
    const notes = async (purge: 'tagged' | 'none' | 'all') => {
      const all = [...ALL.slice(0, -1), firewall({ purge })]
      const { actual } = await probe(all)
      const state = actual.get(ufwKind.key(WEB.desired)) ?? 'absent'
      return state === 'unknown' ? [] : ufwKind.notes?.(WEB.desired, state)
    }
    const told = `'deny in from ${SPEC.subnet}.21 to any port 80', which nobody declares, stands before this rule and decides first`
    expect((await notes('tagged'))?.[0]).toBe(told)
    expect((await notes('none'))?.[0]).toBe(told)
    // It goes, and the plan shows that.
    expect(await notes('all')).toEqual([])
    await converge(ALL)
  })

  it('removes a rule declared absent', async () => {
    const absent = ufwRule({ action: 'allow', proto: 'tcp', port: '80,443', state: 'absent' })
    await converge([absent, ...ALL.filter((resource) => resource !== WEB)])
    expect((await added()).join()).not.toContain('80,443')
    await converge(ALL)
  })

  it('refuses, before anything changes, what would lock it out', async () => {
    const before = await added()
    await expect(plan([WEB, firewall({ purge: 'all' })])).rejects.toThrow(
      `tcp port 22 from ${SPEC.subnet}.1: no rule allows it`,
    )
    const deny = ufwRule({ action: 'deny', from: `${SPEC.subnet}.1`, comment: 'me' })
    await expect(plan([deny, ...ALL])).rejects.toThrow('stands before any that allows it')
    const limit = ufwRule({ action: 'limit', proto: 'tcp', port: 22, from: `${SPEC.subnet}.0/24` })
    await expect(plan([limit, ...ALL.slice(1)])).rejects.toThrow('throttle')
    expect(await added()).toEqual(before)
  })

  it('refuses on the host when the connection is not the one it was planned for', async () => {
    await exec('ufw default reject incoming')
    const changes = await plan(ALL)
    const script = joinScripts([
      rawScript(`SSH_CONNECTION="198.51.100.7 999 ${SPEC.subnet}.11 22"; export SSH_CONNECTION`),
      ufwKind.apply(changes),
    ])
    const done = await overSsh(applyScript(NONCE, sh`return 0`, [{ id: 'ufw', script, timeout: 60 }]))
    expect(done.status).toBe(1)
    expect(done.body).toContain('refused')
    await converge(ALL)
  })

  const STATE =
    'cat /etc/default/ufw /etc/ufw/ufw.conf /etc/ufw/*.rules | sha256sum; for i in iptables ip6tables; do $i -S | sort; done; sysctl -e net.ipv4.conf.all.rp_filter net.ipv4.conf.all.accept_redirects'
  const snapshot = async (changes: readonly UfwChange[]) => {
    const autoRevert = autoRevertFor(changes)
    if (!autoRevert) throw new Error('no auto-revert')
    const set = sh`SNAPSHOT=/root/snapshot; export SNAPSHOT; rm -rf "$SNAPSHOT"; mkdir "$SNAPSHOT"`
    expect(await overSsh(joinScripts([sh`set -eu`, set, autoRevert.snapshot]))).toMatchObject({ status: 0 })
    return () => host.exec(`SNAPSHOT=/root/snapshot; export SNAPSHOT\n${autoRevert.restore.sh}`)
  }

  it('puts a running firewall back as it was', async () => {
    const before = await exec(STATE)
    const restore = await snapshot([{ action: 'update', desired: firewall().desired, actual: 'absent', fields: [] }])
    await exec(
      `ufw delete allow proto tcp from ${SPEC.subnet}.0/24 to any port 22; ufw default deny outgoing; ufw logging high; ufw deny 99`,
    )
    await expect(overSsh(sh`true`)).rejects.toThrow('ssh:')
    await restore()
    expect(await exec(STATE)).toBe(before)
    expect(await overSsh(sh`true`)).toMatchObject({ status: 0 })
  })

  it('puts a host back that had no firewall', async () => {
    await exec(
      'ufw --force reset; for i in iptables ip6tables; do $i -F; $i -X; done; iptables -P FORWARD DROP; sysctl -q net.ipv4.conf.all.accept_redirects=1',
    )
    const before = await exec(STATE)
    const restore = await snapshot([{ action: 'create', desired: firewall().desired, actual: 'absent', fields: [] }])
    await exec('ufw default deny incoming; ufw --force enable')
    expect(await exec(STATE)).not.toBe(before)
    await expect(overSsh(sh`true`)).rejects.toThrow('ssh:')
    await restore()
    expect(await exec(STATE)).toBe(before)
    expect(await overSsh(sh`true`)).toMatchObject({ status: 0 })
  })
})
