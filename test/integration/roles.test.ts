import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { run } from '../../src/run/run.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { everything } from '../roles/nginx-everything.ts'

/** The roles on the oldest and on the newest Debian: other versions of nginx, sshd and the exporter than the lab's. */
const SPEC = {
  ...testLab('roles'),
  hosts: [
    { name: 'old', tier: 'web', suite: 'bookworm', user: 'deploy' },
    { name: 'new', tier: 'web', suite: 'sid' },
  ],
} as const
const NAMES = SPEC.hosts.map(({ name }) => name)

let lab: Lab
let root: string

const inventory = (...path: string[]) => join(root, 'inventories', 'it', ...path)

async function provision(vars: Readonly<Record<string, unknown>>, options: { check?: boolean; tags?: string[] } = {}) {
  await writeFile(inventory('group_vars', 'all.yml'), stringify(vars))
  const common = { root, inventory: 'it', limit: [], vars: [], forks: 2, showScripts: false }
  return (await run({ ...common, check: options.check ?? false, tags: options.tags ?? [] }, { emit: () => undefined }))
    .summary
}

const on = async (name: string, command: string): Promise<string> => {
  const { code, stdout, stderr } = (await lab.hosts.get(name)?.exec(command)) ?? { code: 255, stdout: '', stderr: '' }
  if (code !== 0) throw new Error(`${name}: ${command}: ${stderr}${stdout}`)
  return stdout.trim()
}

beforeAll(async () => {
  lab = await startTestLab(SPEC)
  root = join(lab.dir, 'project')
  await rm(root, { recursive: true, force: true })
  await mkdir(inventory('group_vars'), { recursive: true })
  await cp(join(lab.inventory, 'hosts.yml'), inventory('hosts.yml'))
  const hosts = await readFile(inventory('hosts.yml'), 'utf8')
  await writeFile(inventory('hosts.yml'), hosts.replaceAll(' ../', ` ${lab.dir}/`))
  const roles = ['base', 'ufw', 'node_exporter', 'nginx']
  await writeFile(inventory('site.yml'), stringify({ tiers: [{ name: 'web', roles, rollout: { serial: 2 } }] }))
})

afterAll(async () => {
  await lab?.down()
})

describe('the roles on bookworm and sid', () => {
  it('take a bare host to its state at once, and find nothing to do then', async () => {
    const vars = { nginx_sites: [{ name: 'hello', files: { 'index.html': 'Hello from {{host}}\n' } }] }
    expect(await provision(vars)).toMatchObject({ changed: 2, failed: 0 })
    expect(await provision(vars, { check: true })).toMatchObject({ ok: 2, planned: 0, failed: 0 })
    for (const name of NAMES) {
      expect(await on(name, 'curl -s localhost')).toBe(`Hello from ${name}`)
      expect(await on(name, 'systemctl is-system-running')).toBe('running')
      expect(await on(name, 'ufw status | head -1')).toBe('Status: active')
      const metrics = await on(name, 'curl -s "$(hostname -I | cut -d" " -f1):9100/metrics"')
      expect(metrics).toContain('node_systemd_unit_state{name="nginx.service",state="active"')
      expect(metrics).toContain(`\nnode_network_address_info{address="${SPEC.subnet}.`)
    }
  }, 900_000)

  it('give nginx a configuration that uses every word, and that both versions take', async () => {
    const cert = 'openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN=shop.example.org'
    for (const name of NAMES) await on(name, `${cert} -keyout /etc/ssl/shop.key -out /etc/ssl/shop.pem`)
    // There are no load balancers here whom it could be for.
    const vars = { ...everything, nginx_allow_from_tiers: [] }
    expect(await provision(vars, { tags: ['nginx'] })).toMatchObject({ changed: 2, failed: 0 })
    const shop = 'curl -sk --resolve shop.example.org:443:127.0.0.1 https://shop.example.org'
    for (const name of NAMES) {
      expect(await on(name, 'nginx -t 2>&1')).not.toContain('warn')
      expect(await on(name, `${shop}/robots.txt`)).toBe('User-agent: *\nDisallow: "/"')
      const head = await on(name, `${shop}/old -I`)
      expect(head).toMatch(/^HTTP\/2 301/)
      expect(head).toContain(`content-security-policy: default-src 'self'; img-src "x"`)
      expect(await on(name, `${shop}/api/ -o /dev/null -w '%{http_code}'`)).toBe('403')
      expect(await on(name, 'curl -sI -H "Host: shop.example.org" localhost/a?b=1')).toContain(
        'Location: https://shop.example.org/a?b=1',
      )
      expect(await on(name, 'curl -s localhost/css/deep/a.css')).toBe('p { color: red }')
    }
  })

  it('tell load balancers that a host is drained', async () => {
    const health = `curl -s -o /dev/null -w '%{http_code}' localhost/healthz`
    expect(await on('old', health)).toBe('200')
    await on('old', 'touch /var/lib/provision-nginx/drain')
    expect(await on('old', health)).toBe('503')
    await on('old', 'rm /var/lib/provision-nginx/drain')
    expect(await on('old', health)).toBe('200')
  })

  it('let a request end that is open when nginx stops, however long after 5 seconds', async () => {
    const slow = 'curl -s --limit-rate 1M -o /dev/null -w "%{http_code} %{size_download}" localhost/big'
    const size = 9_000_000
    await on('new', `head -c ${size} /dev/zero >/var/www/static/big`)
    const stop = '(sleep 1; systemctl stop nginx) & stop=$!'
    expect(await on('new', `${stop}; ${slow}; wait $stop; systemctl start nginx`)).toBe(`200 ${size}`)
  })

  it('restart sshd where a socket starts it, for a reload would end it', async () => {
    await on('new', 'systemctl disable -q --now ssh.service 2>&1; systemctl enable -q --now ssh.socket')
    expect(await provision({ ssh_max_sessions: 33 }, { tags: ['base'] })).toMatchObject({ failed: 0 })
    expect((await on('new', 'sshd -T')).toLowerCase()).toContain('maxsessions 33')
    expect(await on('new', 'systemctl is-active ssh.socket ssh.service')).toBe('active\nactive')
  })
})
