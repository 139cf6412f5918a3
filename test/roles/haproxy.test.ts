import { describe, expect, test } from 'vitest'
import haproxy from '../../roles/haproxy/index.ts'
import { secretsIn } from '../../src/masking/secret.ts'
import { compiled } from './compiled.ts'
import { everything } from './haproxy-everything.ts'

const SET = 'file-set:haproxy'
const web = { name: 'web', tier: 'web' }
const front = { name: 'http', backend: 'web' }
const one = { haproxy_frontends: [front], haproxy_backends: [web] }

describe('role haproxy', () => {
  test('without frontends: a haproxy that answers for itself only', async () => {
    const host = await compiled(haproxy, { host: 'lb1', facts: { addresses: { eth0: ['192.0.2.21'] } } })
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:haproxy',
      'package:socat',
      'file:/usr/local/sbin/haproxy-reload',
      SET,
      'systemd-unit:/etc/systemd/system/haproxy.service.d/provision.conf',
      'systemd-unit:/etc/systemd/system/haproxy-names.timer',
      'systemd-unit:/etc/systemd/system/haproxy-names.service',
      'ufw:in proto tcp from 192.0.2.31 to any port 8405',
      'service:haproxy.service',
    ])
    expect(host.setContent(SET, 'haproxy.cfg')).toMatchSnapshot()
    expect(host.desired(SET)).toMatchObject({ root: '/etc/haproxy', purge: ['maps/*', 'certs/*', 'lists/*'] })
    expect(host.notifies(SET)).toEqual(['reload haproxy'])
    // Nothing but a new package restarts it.
    expect(host.keys.filter((key) => host.notifies(key).includes('restart haproxy'))).toEqual(['package:haproxy'])
  })

  test('with every word of its vars', async () => {
    const host = await compiled(haproxy, { vars: everything, host: 'lb1' })
    expect(host.problems).toEqual([])
    expect(host.keys).toMatchSnapshot('keys')
    expect(host.setContent(SET, 'haproxy.cfg').split(/^# haproxy itself/m)[1]).toMatchSnapshot('haproxy.cfg')
    expect(host.setContent(SET, 'maps/hosts.map')).toMatchSnapshot('map')
    expect(host.content('file:/usr/local/sbin/haproxy-reload')).toMatchSnapshot('haproxy-reload')
    expect(host.content('systemd-unit:/etc/systemd/system/haproxy.service.d/provision.conf')).toMatchSnapshot('unit')
  })

  test('certificates are secrets of root, and end with a newline', async () => {
    const host = await compiled(haproxy, { vars: everything, host: 'lb1' })
    expect(host.desired(SET)).toMatchObject({
      files: { 'certs/api.pem': { mode: '0600', owner: 'root', group: 'root' } },
    })
    expect(host.setContent(SET, 'certs/api.pem')).toBe('‹secret›\n')
    expect(secretsIn(host.desired(SET))).toEqual(['CERT and KEY of shop\n', 'CERT and KEY of api'])
    expect(JSON.stringify(host.desired(SET))).not.toContain('CERT')
  })

  test('every file ends with a newline, without which haproxy refuses it', async () => {
    for (const vars of [{}, one, everything]) {
      expect((await compiled(haproxy, { vars, host: 'lb1' })).setContent(SET, 'haproxy.cfg')).toMatch(/[^\n]\n$/)
    }
  })

  test('takes the client’s word for nothing', async () => {
    const config = (await compiled(haproxy, { vars: one, host: 'lb1' })).setContent(SET, 'haproxy.cfg')
    expect(config).toContain('http-request set-header X-Forwarded-For %[src]')
    expect(config).toContain('http-request del-header Forwarded')
  })

  test('binds an address that may be elsewhere, and says so to the kernel', async () => {
    const bind = ['192.0.2.100:80', '[2001:db8::5]:80', '192.0.2.21:81']
    const vars = { ...one, haproxy_frontends: [{ ...front, bind }] }
    const host = await compiled(haproxy, { vars, host: 'lb1', facts: { addresses: { eth0: ['192.0.2.21'] } } })
    expect(host.keys.filter((key) => key.startsWith('sysctl:'))).toEqual([
      'sysctl:net.ipv4.ip_nonlocal_bind',
      'sysctl:net.ipv6.ip_nonlocal_bind',
    ])
  })

  test('opens the ports of its frontends to all or to some, one rule for each port', async () => {
    const rules = async (haproxy_frontends: unknown, more = {}) =>
      (await compiled(haproxy, { vars: { ...one, haproxy_frontends, ...more }, host: 'lb1' })).keys.filter((key) =>
        /^ufw.*port (80|81)$/.test(key),
      )
    const some = { ...front, bind: ['192.0.2.1:80', '127.0.0.1:81'], allow_from: ['198.51.100.7'] }
    expect(await rules([some])).toEqual(['ufw:in proto tcp from 198.51.100.7 to any port 80'])
    expect(await rules([some, { ...front, name: 'b', bind: ['192.0.2.2:80'] }])).toEqual([
      'ufw:in proto tcp from any to any port 80',
    ])
    expect(await rules([some], { haproxy_firewall: false })).toEqual([])
  })

  test('C10: a route with more hosts and paths than a line of haproxy takes is several conditions', async () => {
    const hosts = Array.from({ length: 60 }, (_, i) => `H${i}.example.org`)
    const paths = Array.from({ length: 120 }, (_, i) => `/${i}/`)
    const routes = [
      { hosts, paths, backend: 'web' },
      { hosts: hosts.slice(0, 3), backend: 'web' },
    ]
    const host = await compiled(haproxy, { vars: { ...one, haproxy_frontends: [{ ...front, routes }] }, host: 'lb1' })
    expect(host.problems).toEqual([])
    const lines = host.setContent(SET, 'haproxy.cfg').split('\n')
    expect(lines.filter((line) => line.split(' ').length > 64)).toEqual([])
    const values = (name: string) =>
      lines
        .filter((line) => line.includes(`acl ${name} `))
        .flatMap((line) =>
          line
            .trim()
            .split(' ')
            .slice(name.endsWith('hosts') ? 5 : 3),
        )
    expect(lines.filter((line) => line.includes('acl route0_hosts '))[0]).toContain(
      'acl route0_hosts req.hdr(host),host_only,lower -m str h0.example.org h1.example.org',
    )
    expect(values('route0_hosts')).toEqual(hosts.map((name) => name.toLowerCase()))
    expect(values('route0_paths')).toEqual(paths)
    expect(lines).toContain('    use_backend web if route0_hosts route0_paths')
    expect(lines).toContain(
      '    use_backend web if { req.hdr(host),host_only,lower -m str h0.example.org h1.example.org h2.example.org }',
    )
  })

  test('C10: more certificates than a line of haproxy takes are a list, in their order', async () => {
    const haproxy_certs = Array.from({ length: 40 }, (_, i) => ({ name: `c${i}`, pem: 'CERT' }))
    const vars = { ...one, haproxy_certs, haproxy_frontends: [{ ...front, tls: {} }] }
    const host = await compiled(haproxy, { vars, host: 'lb1' })
    expect(host.setContent(SET, 'haproxy.cfg')).toContain(
      'bind *:443 ssl crt-list lists/http.crt-list alpn h2,http/1.1\n',
    )
    expect(host.setContent(SET, 'lists/http.crt-list')).toBe(
      haproxy_certs.map(({ name }) => `certs/${name}.pem\n`).join(''),
    )
  })

  test('C11: more connections than the host has files for are refused, with the number that fits', async () => {
    const problems = async (vars: Record<string, unknown>, openFiles: number) =>
      (await compiled(haproxy, { vars, host: 'lb1', facts: { openFiles } })).problems
    const said = await problems({}, 20_000)
    expect(said).toEqual([
      expect.stringMatching(/20000 connections need 40\d\d\d open files, and a service may have 20000 here/),
    ])
    const fits = Number(/set haproxy_maxconn to (\d+) at most/.exec(said[0] ?? '')?.[1])
    expect(await problems({ haproxy_maxconn: fits }, 20_000)).toEqual([])
    expect(await problems({ haproxy_maxconn: fits + 1 }, 20_000)).toHaveLength(1)
    expect((await problems({ haproxy_maxconn: 100 }, 100))[0]).toContain('(raise the limit of open files')
  })

  test('C11: the unit may open as many files as its connections need', async () => {
    const unit = async (haproxy_maxconn: number) =>
      (await compiled(haproxy, { vars: { haproxy_maxconn }, host: 'lb1', facts: { openFiles: 2_000_000 } })).content(
        'systemd-unit:/etc/systemd/system/haproxy.service.d/provision.conf',
      )
    expect(await unit(20_000)).toContain('\nLimitNOFILE=524288\n')
    expect(await unit(500_000)).toMatch(/\nLimitNOFILE=1000\d\d\d\n/)
  })

  test('C13: a server by name that does not resolve is down, and is looked up until it does', async () => {
    const servers = [{ name: 'a', addr: 'db.example.org:3306' }]
    const host = await compiled(haproxy, {
      vars: { haproxy_backends: [{ name: 'db', mode: 'tcp', servers }] },
      host: 'lb1',
    })
    expect(host.setContent(SET, 'haproxy.cfg')).toMatch(/default-server check .* init-addr libc,last,none\n/)
    expect(host.keys).toContain('service:haproxy-names.timer')
    expect(host.content('systemd-unit:/etc/systemd/system/haproxy-names.service')).toContain('haproxy-reload names')
    const bare = await compiled(haproxy, { vars: one, host: 'lb1' })
    expect(bare.setContent(SET, 'haproxy.cfg')).not.toContain('init-addr')
    expect(bare.desired('systemd-unit:/etc/systemd/system/haproxy-names.timer')).toMatchObject({ state: 'absent' })
  })

  test.each<[string, unknown[], unknown[], boolean]>([
    ['80 and 80', [80], [80], true],
    ['80 and *:80', [80], ['*:80'], true],
    ['80 and 0.0.0.0:80', [80], ['0.0.0.0:80'], true],
    ['80 and [::]:80', [80], ['[::]:80'], true],
    ['80 and [0:0::0]:80', ['*:80'], ['[0:0::0]:80'], true],
    ['two texts of one address', ['[2001:DB8::0:1]:80'], ['[2001:db8::1]:80'], true],
    ['the IPv4 half and the IPv6 half', ['0.0.0.0:80'], ['[::]:80'], false],
    // The kernel gives it what comes to this address; haproxy 2.6 and 3.0 were asked.
    ['one address beside all', [80], ['192.0.2.21:80'], false],
    ['two ports', [80], [81], false],
    ['two addresses', ['192.0.2.21:80'], ['192.0.2.22:80'], false],
  ])('C04: two frontends, %s', async (_, a, b, clash) => {
    const haproxy_frontends = [
      { ...front, bind: a },
      { ...front, name: 'b', bind: b },
    ]
    const { problems } = await compiled(haproxy, { vars: { ...one, haproxy_frontends }, host: 'lb1' })
    expect(problems).toEqual(clash ? [expect.stringContaining("'http' of haproxy and frontend 'b' of haproxy")] : [])
  })

  test.each<[string, string, boolean]>([
    ['a range', 'bind :79-81', true],
    ['a list', 'bind 192.0.2.21:81,*:80 ssl crt x', true],
    ['IPv6, which takes IPv4 too', 'bind ipv6@:80', true],
    ['IPv6 alone, which the other has as well', 'bind :::80 v6only', true],
    ['one interface', 'bind *:80 interface eth1', false],
    ['a socket of unix', 'bind unix@/run/x', false],
    ['another port', 'bind *:81', false],
  ])('C04: a bind of its own among the lines: %s', async (_, line, clash) => {
    const haproxy_frontends = [front, { ...front, name: 'b', bind: [8080], lines: [line] }]
    const { problems } = await compiled(haproxy, { vars: { ...one, haproxy_frontends }, host: 'lb1' })
    expect(problems).toEqual(clash ? [expect.stringContaining('would both listen on port 80')] : [])
  })

  test.each<[string, unknown[], boolean, string[]]>([
    ['80', [80], true, ['*:80', '[::]:80 v6only']],
    ['80 without IPv6', ['80'], false, ['*:80']],
    ['one socket written often', [80, '*:80', '0.0.0.0:80', '[::]:80'], true, ['*:80', '[::]:80 v6only']],
    ['[::] for both families', ['[::]:80'], true, ['[::]:80 v4v6']],
    ['[::] beside IPv4', ['0.0.0.0:80', '[::]:80'], true, ['*:80', '[::]:80 v6only']],
  ])('C04: %s is bound once', async (_, bind, haproxy_ipv6, words) => {
    const vars = { ...one, haproxy_ipv6, haproxy_frontends: [{ ...front, bind }] }
    const config = (await compiled(haproxy, { vars, host: 'lb1' })).setContent(SET, 'haproxy.cfg')
    expect(config.split('frontend http')[1]?.match(/(?<=^ +bind ).*/gm)).toEqual(words)
  })

  test.each<[string, Record<string, unknown>, string]>([
    [
      'an unknown backend',
      { ...one, haproxy_frontends: [{ ...front, backend: 'wbe' }] },
      "there is no backend 'wbe' (did you mean 'web'?)",
    ],
    [
      'a backend without servers',
      { haproxy_backends: [{ name: 'x', tier: 'app' }] },
      "no hosts in tier or group 'app'",
    ],
    [
      'two servers of a name',
      { haproxy_backends: [{ ...web, servers: [{ name: 'web1', addr: 'a:1' }] }] },
      'two servers named web1',
    ],
    [
      'C04: a port twice, written in two ways',
      {
        ...one,
        haproxy_frontends: [
          { ...front, bind: [80] },
          { ...front, name: 'b', bind: ['*:80'] },
        ],
      },
      "all.yml:1:103 frontend 'http' of haproxy and frontend 'b' of haproxy would both listen on port 80 [haproxy_frontends.1.bind.0]",
    ],
    ['an address that is none', { ...one, haproxy_frontends: [{ ...front, bind: ['1.2.3:80'] }] }, "'1.2.3:80' is no"],
    ['a port that is none', { ...one, haproxy_frontends: [{ ...front, bind: ['*:70000'] }] }, "'*:70000' is no port"],
    [
      'the port of its own metrics',
      { ...one, haproxy_frontends: [{ ...front, bind: [8405] }], haproxy_metrics_listen: '0.0.0.0' },
      'the metrics of haproxy and frontend',
    ],
    ['a name of its own', { ...one, haproxy_frontends: [{ ...front, name: 'haproxy_health' }] }, 'is there twice'],
    ['tls without a certificate', { ...one, haproxy_frontends: [{ ...front, tls: {} }] }, 'no certificate'],
    [
      'an unknown certificate',
      { ...one, haproxy_frontends: [{ ...front, tls: { certs: ['x'] } }] },
      "no certificate 'x'",
    ],
    ['a frontend that answers nothing', { haproxy_frontends: [{ name: 'http' }] }, 'nothing answers'],
    ['two protocols', { ...one, haproxy_frontends: [{ ...front, mode: 'tcp' }] }, "speaks tcp, its backend 'web' http"],
    [
      'a route without conditions',
      { ...one, haproxy_frontends: [{ ...front, routes: [{ backend: 'web' }] }] },
      'neither hosts nor paths',
    ],
    ['a time without a unit', { haproxy_timeout_client: '30' }, 'haproxy_timeout_client'],
    ['a line that begins a section', { haproxy_backends: [{ ...web, lines: ['frontend x'] }] }, 'lines'],
  ])('refuses %s before any host is touched', async (_, vars, message) => {
    const { problems } = await compiled(haproxy, { vars, host: 'lb1' })
    expect(problems).toEqual([expect.stringContaining(message)])
  })
})
