import { describe, expect, test } from 'vitest'
import nginx from '../../roles/nginx/index.ts'
import { quoted } from '../../roles/nginx/sites.ts'
import { compiled } from './compiled.ts'
import { everything } from './nginx-everything.ts'

const SET = 'file-set:nginx'
const proxied = { name: 'front', locations: [{ path: '/', proxy: 'web' }] }
const web = { name: 'web', tier: 'web' }

describe('role nginx', () => {
  test('C13: servers by name are asked for before anything is changed, for nginx does not start without them', async () => {
    const servers = ['db.example.org:80', 'b.example.org', '192.0.2.1:80', '[2001:db8::1]:80', 'unix:/run/x.sock']
    const host = await compiled(nginx, {
      vars: { nginx_upstreams: [{ name: 'web', servers: servers.map((addr) => ({ addr })) }] },
    })
    expect(host.problems).toEqual([])
    expect(host.desired(SET)).toMatchObject({ names: ['db.example.org', 'b.example.org'] })
    expect(host.content('systemd-unit:/etc/systemd/system/nginx.service.d/provision.conf')).toContain(
      '[Unit]\n# A name of an upstream that is known late, after a boot of everything, keeps nginx from starting: it is tried until it does.\nStartLimitIntervalSec=0\n',
    )
  })

  test('without sites: a server that serves nothing but its status, to itself', async () => {
    const host = await compiled(nginx)
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:nginx',
      'directory:/var/lib/provision-nginx',
      SET,
      'systemd-unit:/etc/systemd/system/nginx.service.d/provision.conf',
      'service:nginx.service',
    ])
    expect(host.desired(SET)).toMatchObject({
      root: '/etc/nginx',
      purge: ['provision/**'],
      validate: { sh: 'nginx -t -q -c "$STAGE/nginx.conf"' },
    })
    expect(host.notifies(SET)).toEqual(['reload nginx'])
    expect(host.notifies('package:nginx')).toEqual(['restart nginx'])
    expect(host.setContent(SET, 'provision/status.conf')).toContain('listen 127.0.0.1:8081 default_server;')
    // Only what is ours, or what every nginx of Debian brings, is read.
    expect(
      host
        .setContent(SET, 'nginx.conf')
        .match(/^ *include .*$/gm)
        ?.map((line) => line.trim()),
    ).toEqual([
      'include modules-enabled/*.conf;',
      'include mime.types;',
      'include provision/upstreams.conf;',
      'include provision/status.conf;',
      'include provision/sites/*.conf;',
    ])
  })

  test('its configuration comes before all that it brings along: refused, it leaves nothing behind', async () => {
    const { keys } = await compiled(nginx, { vars: everything })
    const before = keys.slice(0, keys.indexOf(SET))
    expect(before).toEqual(['package:nginx', 'directory:/var/lib/provision-nginx'])
    expect(keys.slice(keys.indexOf(SET)).filter((key) => /^(file|ufw):/.test(key)).length).toBeGreaterThan(3)
  })

  test('with every word of its vars', async () => {
    const host = await compiled(nginx, { vars: everything, host: 'web2' })
    expect(host.problems).toEqual([])
    expect(host.keys).toMatchSnapshot('keys')
    for (const path of ['nginx.conf', 'upstreams', 'status', 'sites/shop', 'sites/static']) {
      const file = path === 'nginx.conf' ? path : `provision/${path}.conf`
      expect(host.setContent(SET, file)).toMatchSnapshot(file)
    }
    expect(host.content('systemd-unit:/etc/systemd/system/nginx.service.d/provision.conf')).toMatchSnapshot('unit')
  })

  test('repeats the headers of a site in each location, the narrower value of a name winning', async () => {
    const host = await compiled(nginx, { vars: everything })
    const blocks = host.setContent(SET, 'provision/sites/shop.conf').split(/^ {4}location /m)
    const headers = (path: string) =>
      blocks.findLast((block) => block.startsWith(path))?.match(/(?<=add_header )\S+ .*(?= always)/g)
    expect(headers('/ {')).toEqual([
      'X-Content-Type-Options nosniff',
      `Content-Security-Policy "default-src 'self'; img-src \\"x\\""`,
    ])
    expect(headers('/live {')).toEqual([
      'x-content-type-options off',
      `Content-Security-Policy "default-src 'self'; img-src \\"x\\""`,
      'X-Live yes',
    ])
  })

  test('balances over a tier, whichever hosts a run is limited to', async () => {
    const host = await compiled(nginx, {
      vars: { nginx_upstreams: [web], nginx_sites: [proxied] },
      host: 'lb1',
    })
    const upstreams = host.setContent(SET, 'provision/upstreams.conf')
    expect(upstreams.match(/(?<=server ).*(?=;)/g)).toEqual(['192.0.2.11:80', '192.0.2.12:80', '192.0.2.13:80'])
    expect(upstreams).toContain('keepalive 32;')
    const site = host.setContent(SET, 'provision/sites/front.conf')
    expect(site).toContain('proxy_next_upstream error timeout http_502 http_503 http_504;')
    expect(site).toContain('proxy_set_header Connection "";')
    // The client's own is not to be believed.
    expect(site).toContain('proxy_set_header X-Forwarded-For $remote_addr;')
  })

  test('pairs host N with host N of a tier, the others as its backup', async () => {
    const vars = { nginx_upstreams: [{ ...web, paired: true }], nginx_sites: [proxied] }
    const host = await compiled(nginx, { vars, host: 'web2' })
    expect(host.setContent(SET, 'provision/upstreams.conf').match(/(?<=server ).*(?=;)/g)).toEqual([
      '192.0.2.11:80 backup',
      '192.0.2.12:80',
      '192.0.2.13:80 backup',
    ])
  })

  test('health: 503 while the drain file exists, in every server of every site', async () => {
    const host = await compiled(nginx, {
      vars: { ...everything, nginx_drain_file: '/run/away', nginx_health_path: '/up' },
    })
    const site = host.setContent(SET, 'provision/sites/shop.conf')
    expect(site.match(/location = \/up \{/g)).toHaveLength(2)
    expect(site.match(/if \(-f \/run\/away\) \{\n\s+return 503/g)).toHaveLength(2)
  })

  test('puts the files of a site under its root, with the name of the host in them', async () => {
    const host = await compiled(nginx, { vars: everything, host: 'web3' })
    expect(host.keys).toEqual(
      expect.arrayContaining(['directory:/var/www/static/css', 'directory:/var/www/static/css/deep']),
    )
    expect(host.content('file:/var/www/static/index.html')).toBe('Hello from web3\n')
  })

  test('C18: takes a root that is a link to a data disk for the directory it leads to', async () => {
    const host = await compiled(nginx, { vars: everything })
    expect(host.desired('directory:/var/www/static')).toMatchObject({ follow: true })
    expect(host.desired('directory:/var/www/static/css')).not.toMatchObject({ follow: true })
  })

  test('leaves a root that somebody else fills to them', async () => {
    const host = await compiled(nginx, { vars: { nginx_sites: [{ name: 'a', root: '/srv/a/current' }] } })
    expect(host.keys.join()).not.toContain('/srv/a')
    expect(host.setContent(SET, 'provision/sites/a.conf')).toContain('root /srv/a/current;')
  })

  test('opens the ports of its sites, to all or to some', async () => {
    const nginx_sites = [
      { name: 'a', listen: [80, '127.0.0.1:9000', '[::1]:9001', '192.0.2.11:8080'] },
      { name: 'b', server_name: ['b.org'], tls: { cert: '/c', key: '/k' } },
    ]
    const rules = async (vars: Record<string, unknown>) =>
      (await compiled(nginx, { vars: { nginx_sites, ...vars } })).keys.filter((key) => key.startsWith('ufw:'))
    expect(await rules({})).toEqual([80, 443, 8080].map((port) => `ufw:in proto tcp from any to any port ${port}`))
    expect((await rules({ nginx_allow_from: ['198.51.100.7'], nginx_allow_from_tiers: ['lb'] }))[0]).toBe(
      'ufw:in proto tcp from 198.51.100.7 to any port 80 + in proto tcp from 192.0.2.21 to any port 80',
    )
    expect(await rules({ nginx_firewall: false })).toEqual([])
  })

  test('asks for HTTP/2 in the words of the nginx that the host has', async () => {
    const vars = { nginx_sites: [{ name: 'a', tls: { cert: '/c', key: '/k' } }] }
    const site = async (codename: string) => {
      const host = await compiled(nginx, { vars, facts: { os: { id: 'debian', versionId: '', codename } } })
      return host.setContent(SET, 'provision/sites/a.conf')
    }
    expect(await site('bookworm')).toContain('listen 443 ssl http2 default_server;')
    expect(await site('trixie')).toContain('listen 443 ssl default_server;')
    expect(await site('trixie')).toContain('http2 on;')
  })

  test.each<[string, string[], string[]]>([
    ['usual names', ['a.example.org'], ['bucket_size 128']],
    // As nginx 1.22 and 1.26 were seen to take it: 110 is the longest for 128.
    ['one of 110 characters', ['a'.repeat(110)], ['bucket_size 128']],
    ['one of 111 characters', ['a'.repeat(111)], ['bucket_size 256']],
    ['one of 133 characters', ['a'.repeat(133)], ['bucket_size 256']],
    ['the longest that DNS has', ['a'.repeat(253)], ['bucket_size 512']],
    ['900', Array.from({ length: 900 }, (_, i) => `n${i}.org`), ['bucket_size 128', 'max_size 2048']],
  ])('C12: the table of server names follows from them: %s', async (_, server_name, sizes) => {
    const nginx_sites = [{ name: 'a', server_name }, { name: 'b' }]
    const host = await compiled(nginx, { vars: { nginx_sites } })
    expect(host.setContent(SET, 'nginx.conf').match(/(?<=server_names_hash_).*(?=;)/g)).toEqual(sizes)
  })

  test('C11: more connections than the host has files for are refused, with the number that fits', async () => {
    const problems = async (nginx_worker_connections: number) =>
      (await compiled(nginx, { vars: { nginx_worker_connections }, facts: { openFiles: 1024 } })).problems
    expect(await problems(4096)).toEqual([
      expect.stringContaining(
        'need 8192 open files, and a service may have 1024 here (set nginx_worker_connections to 512',
      ),
    ])
    expect(await problems(512)).toEqual([])
  })

  test.each<[string, unknown[], string[]]>([
    ['80 with its IPv6 half', [80, '[::]:80'], ['80 default_server', '[::]:80 default_server']],
    ['80 in every way', ['*:80', 80, '0.0.0.0:80', '[0::0]:80'], ['*:80 default_server', '[::]:80 default_server']],
    ['one address in two texts', ['[2001:DB8::1]:80', '[2001:db8:0::1]:80'], ['[2001:DB8::1]:80 default_server']],
    ['one address beside all', ['127.0.0.1:80', '*:80'], ['127.0.0.1:80 default_server', '*:80 default_server']],
  ])('C05: %s is listened on once', async (_, listen, words) => {
    const host = await compiled(nginx, { vars: { nginx_sites: [{ name: 'a', listen }] } })
    expect(host.problems).toEqual([])
    expect(host.setContent(SET, 'provision/sites/a.conf').match(/(?<=listen ).*(?=;)/g)).toEqual(words)
  })

  test('C05: a socket has one default server, however its sites write it', async () => {
    const nginx_sites = [
      { name: 'a', server_name: ['a.org'], listen: ['*:80'] },
      { name: 'b', server_name: ['b.org'], listen: [80], default: true },
    ]
    const host = await compiled(nginx, { vars: { nginx_sites } })
    expect(host.setContent(SET, 'provision/sites/a.conf')).toContain('listen *:80;')
    expect(host.setContent(SET, 'provision/sites/b.conf')).toMatch(
      /listen 80 default_server;\n +listen \[::\]:80 default/,
    )
  })

  test('C05: a site with tls on every port sends nobody from http, for it has 80 itself', async () => {
    const site = { name: 'a', listen: [443, '*:80'], tls: { cert: '/c', key: '/k' } }
    const host = await compiled(nginx, { vars: { nginx_sites: [site] } })
    expect(host.problems).toEqual([])
    expect(host.setContent(SET, 'provision/sites/a.conf')).not.toContain('return 301')
  })

  test.each<[string, Record<string, unknown>, string]>([
    [
      'an unknown upstream',
      { nginx_upstreams: [web], nginx_sites: [{ name: 'a', locations: [{ path: '/', proxy: 'wbe' }] }] },
      "there is no upstream 'wbe' (did you mean 'web'?)",
    ],
    [
      'an upstream without servers',
      { nginx_upstreams: [{ name: 'x', tier: 'app' }] },
      "'x' has no servers (the inventory has no hosts in tier or group 'app')",
    ],
    [
      'two answers in one',
      {
        nginx_upstreams: [web],
        nginx_sites: [{ name: 'a', locations: [{ path: '/', proxy: 'web', return: { status: 200 } }] }],
      },
      "can't do several things at once",
    ],
    [
      'a regular expression as a path',
      { nginx_sites: [{ name: 'a', locations: [{ path: '\\.php$', return: { status: 404 } }] }] },
      'then add match: regex',
    ],
    ['a site twice', { nginx_sites: [{ name: 'a' }, { name: 'a', listen: [81] }] }, "'a' is there twice"],
    [
      'a location twice',
      { nginx_sites: [{ name: 'a', locations: [{ path: '/x' }, { path: '/x', cache: 'off' }] }] },
      "'prefix /x' is there twice",
    ],
    [
      'a name that two sites claim',
      {
        nginx_sites: [
          { name: 'a', server_name: ['x.org'] },
          { name: 'b', server_name: ['x.org'] },
        ],
      },
      "'a' and 'b' both have the server_name x.org on 80",
    ],
    [
      'two sites for any name',
      { nginx_sites: [{ name: 'a' }, { name: 'b' }] },
      "'a' and 'b' both have no server_name on 80",
    ],
    [
      'two defaults',
      {
        nginx_sites: [
          { name: 'a', default: true, server_name: ['a'] },
          { name: 'b', default: true, server_name: ['b'] },
        ],
      },
      "'a' and 'b' are both the default of 80",
    ],
    [
      'C05: a name that two sites claim on one socket',
      {
        nginx_sites: [
          { name: 'a', server_name: ['x.org'], listen: ['0.0.0.0:80'] },
          { name: 'b', server_name: ['x.org'] },
        ],
      },
      "'a' and 'b' both have the server_name x.org on 80",
    ],
    ['a port that is none', { nginx_sites: [{ name: 'a', listen: ['*:70000'] }] }, "'*:70000' is no port"],
    [
      'a site on the socket of its status',
      { nginx_sites: [{ name: 'a', listen: ['127.0.0.1:8081'] }] },
      'the status page of nginx would both listen on port 8081 of 127.0.0.1',
    ],
    [
      'one socket with tls and without',
      {
        nginx_sites: [
          { name: 'a', server_name: ['a.org'], tls: { cert: '/c', key: '/k' } },
          { name: 'b', server_name: ['b.org'], listen: ['*:443'] },
        ],
      },
      "'a' and 'b' both listen on *:443, one of them with tls",
    ],
    ['a path that leaves the root', { nginx_sites: [{ name: 'a', files: { '../etc/passwd': '' } }] }, 'files'],
    [
      'a value that is too long for nginx',
      { nginx_sites: [{ name: 'a', headers: { 'Content-Security-Policy': 'x'.repeat(5000) } }] },
      'nginx takes no value of 5000 bytes',
    ],
    ['a status in a wrong place', { nginx_status_listen: 'everywhere' }, 'nginx_status_listen'],
    [
      'ip_hash with backup servers',
      { nginx_upstreams: [{ ...web, paired: true, balance: 'ip_hash' }] },
      'ip_hash knows no backup',
    ],
  ])('refuses %s before any host is touched', async (_, vars, message) => {
    const { problems } = await compiled(nginx, { vars })
    expect(problems).toEqual([expect.stringContaining(message)])
  })
})

describe('quoted', () => {
  test.each([
    ['plain/path', 'plain/path'],
    ['two words', '"two words"'],
    ['$host is kept', '"$host is kept"'],
    ['a;b', '"a;b"'],
    ['{1,2}', '"{1,2}"'],
    ['say "hi" \\o', '"say \\"hi\\" \\\\o"'],
    ['two\nlines', '"two\\nlines"'],
    ['', '""'],
  ])('%j is %s', (text, word) => expect(quoted(text)).toBe(word))
})
