import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { writeImport } from '../../../src/import/ansible/import.ts'
import { membership } from '../../../src/import/ansible/inventory/groups.ts'
import { effective, settings } from '../../../src/import/ansible/inventory/precedence.ts'
import { plain } from '../../../src/import/ansible/parse/value.ts'
import { readAnsible } from '../../../src/import/ansible/read/read.ts'
import { loadInventory } from '../../../src/inventory/load.ts'
import { withoutNulls } from '../../../src/inventory/vars.ts'
import { ansibleFolder, planned, told } from './fixture.ts'

const SITE = 'tiers:\n  - { name: db, roles: [base, mysql] }\n  - { name: web, roles: [base] }\n'

/** A project that has a site already, and an Ansible folder. */
function withSite(files: Readonly<Record<string, string>>) {
  const folders = ansibleFolder(files)
  mkdirSync(join(folders.root, 'inventories'), { recursive: true })
  writeFileSync(join(folders.root, 'inventories/site.yml'), SITE)
  return folders
}

const varsIn = (plan: Awaited<ReturnType<typeof planned>>) =>
  Object.fromEntries(
    [...plan.vars].map(([file, vars]) => [file, Object.fromEntries([...vars].map(([k, v]) => [k, plain(v)]))]),
  )

describe('vars', () => {
  test('are carried where a role of the site has them and the value fits; nothing else is dropped in silence', async () => {
    const { root, ansible } = withSite({
      hosts: '[web]\nw1 timezone=Asia/Tokyo\n[db]\nd1 mysql_buffer_pool=8G\n[web:vars]\nsysctl={"vm.swappiness": 10}\n',
      'group_vars/all.yml': `timezone: Europe/Berlin
unattended_upgrades: "perhaps"
nginx_ipv6: false
http_port: 80
base_packages: ["{{ editor }}"]
`,
      'group_vars/db.yml': `mysql_repl_password: hunter2hunter2
mysql_clone_password: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  6162
mysql_databases: [{ name: shop }]
ansible_become_password: hunter3
ansible_python_interpreter: /usr/bin/python3
ansible_become: false
db_password: hunter4
`,
      'group_vars/web/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6162\n',
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=web', 'db=db'] })
    expect(varsIn(plan)).toEqual({
      'group_vars/all': { timezone: 'Europe/Berlin' },
      'group_vars/web': { sysctl: { 'vm.swappiness': 10 } },
      'group_vars/db': { mysql_databases: [{ name: 'shop' }] },
      'host_vars/w1': { timezone: 'Asia/Tokyo' },
      'host_vars/d1': { mysql_buffer_pool: '8G' },
    })
    const report = told(plan, ansible)
    expect(report).toMatchObject({
      secret: [
        'group_vars/db.yml:1  mysql_repl_password  (provision secrets set -i live group_vars/db mysql_repl_password)',
        'group_vars/db.yml:6  ansible_become_password  (connection.become_password_file in hosts.yml names a file with it; or --ask-become-password)',
      ],
      vault: [
        'group_vars/db.yml:2  mysql_clone_password  (provision secrets set -i live group_vars/db mysql_clone_password)',
        "group_vars/web/vault.yml:1  the whole file  ('ansible-vault view group_vars/web/vault.yml' shows its vars)",
      ],
      jinja: ['group_vars/all.yml:5  base_packages  (write its value into the vars)'],
      elsewhere: [
        'group_vars/all.yml:3  nginx_ipv6  (role nginx has it: put the role into a tier of site.yml, and import again)',
      ],
      unknown: ['group_vars/all.yml:4  http_port', 'group_vars/db.yml:9  db_password'],
      needless: ['group_vars/db.yml:7  ansible_python_interpreter  (nothing is installed on hosts, no Python either)'],
      connection: [
        'group_vars/db.yml:8  ansible_become  (hosts are managed as root here: a login that is not root uses sudo)',
      ],
    })
    expect(report.unfit?.[0]).toMatch(/^group_vars\/all.yml:2 {2}unattended_upgrades {2}\(.*must be true or false/)
    expect(JSON.stringify([report, plan.hostsFile, varsIn(plan), plan.record])).not.toContain('hunter')
  })

  test('a value that Ansible lets win goes where it wins here too', async () => {
    const { root, ansible } = withSite({
      hosts: '[web]\nw1\nw2\n[eu]\nw1\n[us]\nw1\nw2\n[web:vars]\ntimezone=Etc/GMT\n',
      'group_vars/all': 'timezone: Europe/Berlin\nsysctl: { a.b: 1, c.d: 2 }\n',
      'group_vars/eu': 'base_packages: [vim]\n',
      'group_vars/us': 'base_packages: [nano]\nsysctl: { a.b: 3 }\n',
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=web'] })
    expect(varsIn(plan)).toEqual({
      'group_vars/web': { timezone: 'Europe/Berlin', base_packages: ['nano'], sysctl: { 'a.b': 3 } },
    })
    expect(told(plan, ansible).attention).toEqual(
      expect.arrayContaining([
        'group_vars/us:1  base_packages of w1  (group eu, group us set it: the value that counts with Ansible is written for each tier or host)',
      ]),
    )
  })

  test('what covers a value and is not carried covers it here too', async () => {
    const { root, ansible } = withSite({
      hosts: '[web]\nw1\nw2 timezone="{{ zone }}"\n',
      'group_vars/all': 'timezone: Europe/Berlin\n',
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=web'] })
    expect(varsIn(plan)).toEqual({ 'host_vars/w1': { timezone: 'Europe/Berlin' } })
  })

  test('a value that is not carried stands beside one of the same name that is, in a file of one line', async () => {
    const us = { hosts: {}, vars: { timezone: 'Etc/UTC' } }
    const all = {
      hosts: { w1: null },
      vars: { timezone: '{{ zone }}' },
      children: { web: { hosts: { w1: null } }, us },
    }
    const { root, ansible } = withSite({ 'hosts.yml': JSON.stringify({ all }) })
    const plan = await planned({ root, path: `${ansible}/hosts.yml`, tiers: ['web=web'] })
    expect(varsIn(plan)).toEqual({})
  })

  test('every host has the values that Ansible gives it, whatever the groups', { timeout: 60_000 }, async () => {
    const names = ['timezone', 'sysctl', 'base_packages']
    const value = fc.record({
      timezone: fc.option(fc.constantFrom('Etc/UTC', 'Asia/Tokyo', '{{ zone }}')),
      sysctl: fc.option(fc.dictionary(fc.constantFrom('vm.swappiness', 'fs.file-max'), fc.nat(9), { maxKeys: 2 })),
      base_packages: fc.option(fc.subarray(['vim', 'nano'])),
    })
    const groups = ['web', 'db', 'eu', 'us', 'prod']
    const hosts = ['h1', 'h2', 'h3', 'h4']
    const world = fc.record({
      members: fc.record(Object.fromEntries(groups.map((group) => [group, fc.subarray(hosts)]))),
      inner: fc.subarray(['eu', 'us', 'web']),
      ini: fc.record(Object.fromEntries(['all', ...groups].map((group) => [group, value]))),
      files: fc.record(Object.fromEntries(['all', ...groups].map((group) => [group, value]))),
      own: fc.record(Object.fromEntries(hosts.map((host) => [host, value]))),
    })
    await fc.assert(
      fc.asyncProperty(world, async ({ members, inner, ini, files, own }) => {
        const set = (vars: object) => Object.fromEntries(Object.entries(vars).filter(([, one]) => one !== null))
        const inventory = {
          all: {
            hosts: Object.fromEntries(hosts.map((host) => [host, null])),
            vars: set(ini.all ?? {}),
            children: {
              ...Object.fromEntries(
                groups.map((group) => [
                  group,
                  {
                    hosts: Object.fromEntries((members[group] ?? []).map((host) => [host, null])),
                    vars: set(ini[group] ?? {}),
                    children: group === 'prod' ? Object.fromEntries(inner.map((one) => [one, null])) : {},
                  },
                ]),
              ),
            },
          },
        }
        const { root, ansible } = withSite({
          'hosts.yml': JSON.stringify(inventory),
          ...Object.fromEntries(
            Object.entries(files).map(([group, vars]) => [`group_vars/${group}.yml`, JSON.stringify(set(vars))]),
          ),
          ...Object.fromEntries(
            Object.entries(own).map(([host, vars]) => [`host_vars/${host}.yml`, JSON.stringify(set(vars))]),
          ),
        })
        const path = `${ansible}/hosts.yml`
        const plan = await planned({ root, path, tiers: ['web=h1,h2', 'db=h3,h4'] })
        await writeImport(plan)
        const { inventory: here } = await loadInventory({ root, name: 'live', knownRoles: ['base', 'mysql'] })
        const read = await readAnsible({ path })
        const settingsOf = settings(read.inventory, membership(read.inventory))
        for (const host of hosts) {
          const theirs = [...effective(settingsOf(host), false)].flatMap(([name, { value: one }]) => {
            const computed = JSON.stringify(one.value).includes('{{')
            return computed || !names.includes(name) ? [] : [[name, plain(one.value)] as const]
          })
          const ours = here.hosts.find((one) => one.name === host)?.vars ?? {}
          expect(withoutNulls(ours)).toEqual(Object.fromEntries(theirs))
        }
      }),
      { numRuns: 25 },
    )
  })

  test('a var that is written keeps its look: text that looks like a number, an octal number', async () => {
    const { root, ansible } = withSite({
      hosts: '[web]\nw1\n',
      'group_vars/web': `sysctl: { net.core.somaxconn: "0128", vm.y: 0644 }\nbase_packages: [vim]\n`,
    })
    const plan = await planned({ root, path: `${ansible}/hosts`, tiers: ['web=web'] })
    const file = plan.updates.find((one) => one.file === 'group_vars/web.yml')?.text ?? ''
    expect(file).toContain('"0128"')
    expect(parse(file)).toMatchObject({ sysctl: { 'vm.y': 420 } })
  })
})
