import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import haproxy from '../../roles/haproxy/index.ts'
import { compiled } from '../roles/compiled.ts'
import { everything } from '../roles/haproxy-everything.ts'
import { type Bed, GATEWAY, LB_VARS, lbBed, VIP_A, VIP_B, VIPS } from './lb-bed.ts'
import { load } from './traffic.ts'
import { until } from './until.ts'

let bed: Bed

const LBS = ['lb1', 'lb2']
const onEach = (command: string) => Promise.all(LBS.map((name) => bed.on(name, command)))
const runtime = (name: string, command: string) =>
  bed.on(name, `printf '%s\\n' '${command}' | socat -t5 - /run/haproxy/admin.sock`)

/** Admin state of a server: 0 ready, 1 maintenance, 8 drained. */
const adminState = async (name: string, server: string): Promise<string | undefined> => {
  const lines = (await runtime(name, 'show servers state web')).split('\n').map((line) => line.split(' '))
  return lines.find((fields) => fields[3] === server)?.[6]
}
const PIDS = 'systemctl show -p MainPID -p InvocationID haproxy keepalived'

/** Bodies of some answers through an address, each once. */
const answers = async (vip: string) => {
  const bodies = await Promise.all(Array.from({ length: 12 }, async () => (await fetch(`http://${vip}/`)).text()))
  return [...new Set(bodies.map((body) => body.trim()))].sort()
}

/** Every address has exactly one owner, and it is this one. */
const settled = (wanted: Record<string, string>, timeout: number) =>
  until(`owners ${JSON.stringify(wanted)}`, timeout, async () => {
    const owners = await bed.owners()
    return Object.entries(wanted).every(([vip, name]) => owners[vip] === name)
  })

beforeAll(async () => {
  bed = await lbBed()
  bed.given(LB_VARS)
})

afterAll(async () => {
  await bed?.lab.down()
})

describe('two load balancers', () => {
  it('converge from bare hosts in one run, and a second finds nothing to do', async () => {
    const first = await bed.provision()
    expect(first.results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    const second = await bed.provision()
    expect(second.results.map(({ outcome }) => outcome)).toEqual(second.results.map(() => 'ok'))
    await settled(VIPS, 15)
  })

  it('each answer at their own address, from every web server, and tell who the client is', async () => {
    for (const vip of [VIP_A, VIP_B]) expect(await answers(vip)).toEqual(['web1', 'web2', 'web3'])
    await fetch(`http://${VIP_A}/forged`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
    const logs = await Promise.all(
      ['web1', 'web2', 'web3'].map((name) => bed.on(name, 'cat /var/log/nginx/access.log')),
    )
    const line = logs
      .join('')
      .split('\n')
      .find((one) => one.includes('/forged'))
    expect(line?.split(' ')[0]).toBe(GATEWAY)
  })

  it('show their metrics to the monitor and to nobody else', async () => {
    for (const name of LBS) {
      const { address } = bed.host(name)
      const fetched = `bash -c 'exec 3<>/dev/tcp/${address}/8405 && printf "GET /metrics HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3'`
      expect(await bed.on('mon1', `timeout 5 ${fetched}`)).toContain('haproxy_server_http_responses_total')
      expect((await bed.host('web1').exec(`timeout 1 ${fetched}`)).code).toBe(124)
    }
  })
})

describe('every word of the roles', () => {
  it('is understood by both versions, without a warning', async () => {
    const pem = await bed.on(
      'lb1',
      'cd /root; openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -subj /CN=x 2>/dev/null; cat c k',
    )
    const host = await compiled(haproxy, { vars: everything, host: 'lb1' })
    const files = {
      'haproxy.cfg': host.setContent('file-set:haproxy', 'haproxy.cfg'),
      'maps/hosts.map': 'a.example.org web\n',
    }
    const all = { ...files, 'certs/shop.pem': pem, 'certs/api.pem': pem, '../../etc/ssl/more/x.pem': pem }
    for (const name of LBS) {
      await bed.on(name, 'mkdir -p /root/all/maps /root/all/certs /etc/ssl/more')
      for (const [path, text] of Object.entries(all)) await bed.host(name).exec(['tee', `/root/all/${path}`], text)
      const said = await bed.host(name).exec('haproxy -c -dW -f /root/all/haproxy.cfg')
      expect({ code: said.code, said: said.stderr.match(/WARNING.*|ALERT.*/g) }).toEqual({ code: 0, said: null })
    }
  })
})

describe('a reload', () => {
  it('loses no request, nor what was drained, and brings nobody out who is ready again', async () => {
    await Promise.all(LBS.map((name) => runtime(name, 'set server web/web2 state drain')))
    await Promise.all(LBS.map((name) => runtime(name, 'set server web/web3 state maint')))
    const before = await onEach(PIDS)
    const requests = [VIP_A, VIP_B].map((vip) => load([`http://${vip}/`], { rate: 50 }))
    bed.given({ ...LB_VARS, haproxy_timeout_server: '29s' })
    const changed = await bed.provision({ tags: ['haproxy'] })
    // Anybody's reload, too, and not only once.
    await onEach('systemctl reload haproxy && systemctl reload haproxy')
    const ended = await Promise.all(requests.map((one) => one.stop()))
    expect(changed.result('lb2').changed).toEqual(['file-set:haproxy', 'handler:reload haproxy'])
    expect(ended.flatMap(({ failures }) => failures)).toEqual([])
    expect(Math.min(...ended.map(({ sent }) => sent.length))).toBeGreaterThan(100)
    expect(await onEach(PIDS)).toEqual(before)
    for (const name of LBS) {
      expect([await adminState(name, 'web1'), await adminState(name, 'web2'), await adminState(name, 'web3')]).toEqual([
        '0',
        '8',
        '1',
      ])
      await runtime(name, 'set server web/web2 state ready')
      await runtime(name, 'set server web/web3 state ready')
    }
    bed.given(LB_VARS)
    await bed.provision({ tags: ['haproxy'] })
    for (const name of LBS) expect([await adminState(name, 'web2'), await adminState(name, 'web3')]).toEqual(['0', '0'])
    await until('all web servers', 5, async () => (await answers(VIP_A)).length === 3)
  })

  it('takes the address and the port of a server out of the configuration', async () => {
    const servers = ['web1', 'web2', 'web3'].map((name) => ({ name, addr: `${bed.host(name).address}:8090` }))
    bed.given({ ...LB_VARS, haproxy_backends: [{ name: 'web', servers }] })
    await bed.provision({ tags: ['haproxy'] })
    for (const name of LBS) {
      const line = (await runtime(name, 'show servers state web')).split('\n').find((one) => one.includes(' web1 '))
      expect(line?.split(' ')).toEqual(expect.arrayContaining([bed.host('web1').address, '8090']))
    }
    bed.given(LB_VARS)
    await bed.provision({ tags: ['haproxy'] })
    await until('all web servers', 5, async () => (await answers(VIP_A)).length === 3)
  })
})

describe('what hands did', () => {
  it('is seen and repaired, by reloads', async () => {
    const before = await onEach(PIDS)
    await bed.on('lb1', 'echo "# mine" >>/etc/haproxy/haproxy.cfg')
    await bed.on('lb1', "sed -i 's/priority 150/priority 99/' /etc/keepalived/keepalived.conf")
    await bed.on('lb1', 'systemctl reload keepalived; chmod 0777 /etc/keepalived/check-haproxy')
    const { changed } = (await bed.provision()).result('lb1')
    expect(changed).toEqual([
      'file-set:haproxy',
      'file:/etc/keepalived/check-haproxy',
      'file-set:keepalived',
      'handler:reload haproxy',
      'handler:reload keepalived',
    ])
    expect(await onEach(PIDS)).toEqual(before)
    await settled(VIPS, 15)
  })
})

describe('a bad configuration', () => {
  const state = 'cat /etc/haproxy/haproxy.cfg /etc/keepalived/keepalived.conf; ls -A /etc/haproxy /etc/keepalived'

  it.each([
    [
      'haproxy',
      { haproxy_backends: [{ name: 'web', tier: 'web', lines: ['stick on nothing'] }] },
      "unknown fetch method 'nothing'",
    ],
    ['keepalived', { keepalived_interface: 'eth9' }, 'Non-existent interface'],
  ])('of %s never lands, and the program says why', async (role, vars, message) => {
    const before = [await onEach(state), await onEach(PIDS)]
    bed.given({ ...LB_VARS, ...vars })
    const done = await bed.provision()
    bed.given(LB_VARS)
    const { outcome, failure } = done.result('lb1')
    expect({ outcome, resource: failure?.resource }).toEqual({ outcome: 'failed', resource: `file-set:${role}` })
    expect(failure?.log.join('\n')).toContain(message)
    // serial 1: the other is not begun.
    expect(done.result('lb2').outcome).toBe('skipped')
    expect([await onEach(state), await onEach(PIDS)]).toEqual(before)
    await settled(VIPS, 1)
    // Who has which address is settled, and known from the run before: one exec tells that nothing is to be done.
    const again = await bed.provision()
    expect(again.results.map((one) => [one.host, one.outcome, one.traffic.execs])).toEqual(
      ['web1', 'web2', 'web3', 'lb1', 'lb2', 'mon1'].map((name) => [name, 'ok', 1]),
    )
  })
})

describe('another address of an instance', () => {
  const OTHER = VIP_A.replace(/101$/, '103')
  const [A, B] = LB_VARS.keepalived_instances
  const moved = { ...LB_VARS, keepalived_instances: [{ ...A, vip: `${OTHER}/24` }, B] }

  it('is refused for one host alone, and along with other changes', async () => {
    bed.given(moved)
    expect((await bed.provision({ limit: ['lb1'] })).refused).toContain(
      `vrid 51 moves from ${VIP_A} to ${OTHER} on lb1, but this run does not change lb2`,
    )
    bed.given({ ...moved, haproxy_timeout_server: '28s' })
    expect((await bed.provision()).refused).toContain('--tags keepalived')
    await settled(VIPS, 1)
  })

  it('comes to all hosts at once', async () => {
    const holders = async (vip: string) =>
      (await onEach('ip -o -4 addr show dev eth0')).map((one) => one.includes(` ${vip}/`))
    bed.given(moved)
    const { results } = await bed.provision()
    expect(results.filter(({ changed }) => changed.length > 0).map(({ host }) => host)).toEqual(LBS)
    await until('one owner', 10, async () => (await holders(OTHER)).join() === 'true,false')
    expect(await holders(VIP_A)).toEqual([false, false])
    // Further addresses are not in the heartbeat: one host may have them before the other.
    bed.given({ ...moved, keepalived_instances: [{ ...A, vip: `${OTHER}/24`, extra_vips: [`${VIP_A}/24`] }, B] })
    await bed.provision({ limit: ['lb1'] })
    await sleep(2000)
    expect([await holders(OTHER), await holders(VIP_A)]).toEqual([
      [true, false],
      [true, false],
    ])
    bed.given(LB_VARS)
    await bed.provision()
    await settled(VIPS, 15)
  })
})
