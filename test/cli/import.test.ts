import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { askTiers } from '../../src/cli/tier-questions.ts'
import { readAnsible } from '../../src/import/ansible/read/read.ts'
import { projectFolder } from '../project-folder.ts'
import { inProcess } from './in-process.ts'

const HOSTS = `[webservers]
web[1:2].example.org ansible_user=deploy
[dbservers]
db1 ansible_host=192.0.2.51 ansible_user=deploy ansible_become_password=hunter2
[eu]
db1
[webservers:vars]
http_port=80
`

async function provision(root: string, ...args: readonly string[]) {
  const env = { PATH: process.env.PATH, HOME: join(root, 'home'), NO_COLOR: '1' }
  const { status, out, err } = await inProcess(args, { cwd: root, env })
  return { status, out: out + err }
}

const TIERS = ['--tier', 'web=webservers', '--tier', 'db=dbservers']

describe('provision import ansible', () => {
  test('makes an inventory, says what it left, and what comes next; again, it asks first', {
    timeout: 60_000,
  }, async () => {
    const root = projectFolder({ 'ansible/hosts': HOSTS })
    const go = (...args: string[]) => provision(root, 'import', 'ansible', 'ansible/hosts', '-i', 'live', ...args)

    const unsaid = await go()
    expect(unsaid.status).toBe(1)
    expect(unsaid.out).toContain('nobody said which hosts make which tier: --tier TIER=GROUP, once for each')
    expect(unsaid.out).toContain('all (3), webservers (2), dbservers (1), eu (1)')

    const looked = await go('--check', ...TIERS)
    expect(looked.status).toBe(2)
    expect(existsSync(join(root, 'inventories'))).toBe(false)

    const first = await go(...TIERS)
    expect(first.out).toBe(`ansible/hosts: 3 hosts in 2 tiers, 3 groups, 0 vars
  web: web1.example.org, web2.example.org
  db: db1

  + inventories/site.yml
  + inventories/live/hosts.yml

not carried, or not as it was:
    1  secrets in the clear: not written, set them encrypted
    1  vars that no role here has

secrets in the clear: not written, set them encrypted:
  ansible/hosts:4  ansible_become_password
    → connection.become_password_file in hosts.yml names a file with it; or --ask-become-password

vars that no role here has:
  ansible/hosts:8  http_port

all of it: inventories/live/imported.md

next:
  provision inventory -i live --graph   tiers, groups, hosts
  provision -i live --check             what would change; it changes nothing
`)
    expect(first.status).toBe(0)
    const written = ['hosts.yml', 'imported.json', 'imported.md'].map((file) => join(root, 'inventories/live', file))
    for (const file of written) expect(readFileSync(file, 'utf8')).not.toContain('hunter2')
    expect(readFileSync(join(root, 'inventories/live/imported.md'), 'utf8')).toContain(
      '## 1 vars that no role here has\n\n- ansible/hosts:8  http_port\n',
    )
    const graph = await provision(root, 'inventory', '-i', 'live', '--graph')
    expect(graph.status).toBe(0)
    expect(graph.out).toContain('web1.example.org')

    writeFileSync(
      join(root, 'ansible/hosts'),
      HOSTS.replace('web[1:2]', 'web[2:3]').replace('192.0.2.51', '192.0.2.52'),
    )
    const unasked = await go()
    expect(unasked.status).toBe(2)
    expect(unasked.out).toContain(`
  - hosts.yml: tiers.web.hosts.web1.example.org
  + hosts.yml: tiers.web.hosts.web3.example.org
  ~ hosts.yml: tiers.db.hosts.db1.address 192.0.2.51 → 192.0.2.52
  ~ hosts.yml: groups.webservers.hosts
nothing is written: --yes writes it
`)
    expect((await go('--yes')).status).toBe(0)
    const same = await go()
    expect(same.status).toBe(0)
    expect(same.out).toContain('nothing changed since the last import')
  })

  test('what is still missing for a dry run is said', { timeout: 30_000 }, async () => {
    const site = 'tiers:\n  - { name: web, roles: [base] }\n  - { name: db, roles: [base, mysqld_exporter] }\n'
    const root = projectFolder({ 'ansible/hosts': HOSTS, 'inventories/site.yml': site })
    const done = await provision(root, 'import', 'ansible', 'ansible/hosts', '-i', 'live', ...TIERS)
    expect(done.status).toBe(0)
    expect(done.out).toContain('before the first dry run (provision -i live --check):\n')
    expect(done.out).toContain('set mysql_exporter_password: role mysql makes the account with it')
  })
})

test('tiers are asked for: what sounds like one first, then in the order of the inventory', async () => {
  const root = projectFolder({ hosts: `[eu]\nlonely\nweb1.example.org\n${HOSTS}` })
  const { inventory } = await readAnsible({ path: join(root, 'hosts') })
  const asked: string[] = []
  const answers = ['web', '-', 'db']
  const words = await askTiers(inventory, ['db', 'web'], async (message, standard, check) => {
    asked.push(`${message} [${standard}] ${check?.('wbe')}`)
    return answers.shift() ?? ''
  })
  const wrong = 'site.yml has the tiers db, web; - for none'
  expect(asked).toEqual([
    `Tier of group webservers (web1.example.org, web2.example.org); - for none: [web] ${wrong}`,
    `Tier of group dbservers (db1); - for none: [db] ${wrong}`,
    `Tier of group eu (lonely, db1); - for none: [-] ${wrong}`,
  ])
  expect(words).toEqual(['web=webservers', 'db=eu,!webservers'])
})
