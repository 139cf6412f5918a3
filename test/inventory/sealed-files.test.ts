import { beforeAll, describe, expect, test } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import type { KeySources } from '../../src/inventory/sops/identities.ts'
import { isSecret, reveal, secret } from '../../src/masking/secret.ts'
import { prepare } from '../../src/run/prepare.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'
import { keyFile, type Person, person, seal } from './sops/sealed.ts'

const FILES = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [web_test] }]\n',
  'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { web1: { address: 192.0.2.1 } } } }\n',
  'inventories/prod/group_vars/all.yml': 'db: { host: db1 }\nplain: x\n',
}

let me: Person
let all: string
beforeAll(async () => {
  me = await person()
  all = await seal('db:\n    password: s3cr3t\ntokens: [t0ken-a, t0ken-b]\nport: 3306\n', [me.recipient])
})

const keys = () => ({ given: secret(me.identity), usual: '/nonexistent/keys.txt' })
const load = (root: string, ageKeys: KeySources = keys()) =>
  loadInventory({ root, name: 'prod', knownRoles: ['web_test'], home: '/home/me', ageKeys })

describe('an encrypted file beside a plain one', () => {
  test('is of the same level: mappings merge, every decrypted leaf is a secret with its place', async () => {
    const root = projectFolder({ ...FILES, 'inventories/prod/group_vars/all.sops.yml': all })
    const host = (await load(root)).inventory.hosts[0]
    expect(JSON.stringify(host?.vars)).toBe(
      '{"db":{"host":"db1","password":"‹secret›"},"plain":"x","tokens":["‹secret›","‹secret›"],"port":"‹secret›"}',
    )
    const password = Object(host?.vars.db).password
    expect(isSecret(password) && reveal(password)).toBe('s3cr3t')
    expect(host?.origins.get('/db/password')).toEqual({
      file: 'inventories/prod/group_vars/all.sops.yml',
      line: 2,
      col: 5,
    })
    expect(host?.origins.get('/db/host')?.file).toBe('inventories/prod/group_vars/all.yml')
  })

  test('ranks with its plain file: host_vars over group_vars', async () => {
    const root = projectFolder({
      ...FILES,
      'inventories/prod/group_vars/all.sops.yml': all,
      'inventories/prod/host_vars/web1.sops.yml': await seal('db: { password: of-web1 }\n', [me.recipient]),
    })
    const { password } = Object((await load(root)).inventory.hosts[0]?.vars.db)
    expect(isSecret(password) && reveal(password)).toBe('of-web1')
  })

  test('may not have what the plain one has', async () => {
    const root = projectFolder({
      ...FILES,
      'inventories/prod/group_vars/all.yml': 'db: { host: db1, password: here }\nport: 1\n',
      'inventories/prod/group_vars/all.sops.yml': all,
    })
    expect(await problemsOf(() => load(root))).toEqual([
      "inventories/prod/group_vars/all.sops.yml:2:5 'db.password' is in inventories/prod/group_vars/all.yml too [db.password] (both files are one level: keep it in one of them)",
      "inventories/prod/group_vars/all.sops.yml:6:1 'port' is in inventories/prod/group_vars/all.yml too [port] (both files are one level: keep it in one of them)",
    ])
  })

  test('for nobody and nothing is told', async () => {
    const root = projectFolder({ ...FILES, 'inventories/prod/group_vars/wbe.sops.yml': all })
    expect(await problemsOf(() => load(root))).toEqual([
      "inventories/prod/group_vars/wbe.sops.yml:1:1 there is no tier or group 'wbe' (did you mean 'web'?)",
    ])
  })

  test('that is not encrypted is refused, and so is an encrypted one without the name', async () => {
    const root = projectFolder({
      ...FILES,
      'inventories/prod/group_vars/web.sops.yml': 'password: hunter22\n',
      'inventories/prod/host_vars/web1.yml': all,
    })
    const said = await problemsOf(() => load(root))
    expect(said.join('\n')).toContain('web.sops.yml:1:1 its name ends in .sops.yml and it is not encrypted')
    expect(said.join('\n')).toContain('web1.yml:1:1 it is encrypted, but its name does not say so (rename it to')
    expect(said.join('\n')).not.toContain('hunter22')
  })

  test('opens with a key file', async () => {
    const root = projectFolder({ ...FILES, 'inventories/prod/group_vars/all.sops.yml': all })
    const sources = { file: keyFile(me.identity), usual: '/nonexistent/keys.txt' }
    const { inventory } = await loadInventory({ root, name: 'prod', knownRoles: ['web_test'], ageKeys: sources })
    expect(inventory.hosts).toHaveLength(1)
  })

  test('opens with the key file that the inventory names', async () => {
    const hosts = `age_key_file: ${keyFile(me.identity)}\n${FILES['inventories/prod/hosts.yml']}`
    const root = projectFolder({
      ...FILES,
      'inventories/prod/hosts.yml': hosts,
      'inventories/prod/group_vars/all.sops.yml': all,
    })
    expect((await load(root, { usual: '/nonexistent/keys.txt' })).inventory.hosts).toHaveLength(1)
  })
})

test('without a key there is one problem for all files, and not one for each var that seems to be missing', async () => {
  const role = `
import { defineRole } from 'provision'
export default defineRole({ name: 'web_test', description: 'd', vars: { port: { type: 'integer', description: 'Port.', secret: true } }, resources: () => [] })
`
  const root = projectFolder({
    ...FILES,
    'inventories/prod/group_vars/all.yml': '',
    'inventories/prod/group_vars/all.sops.yml': all,
    'inventories/prod/host_vars/web1.sops.yml': all,
    'roles/web_test/index.ts': role,
  })
  const ageKeys = { file: '/nonexistent/mine.txt', usual: '/nonexistent/keys.txt' }
  const options = { root, inventory: 'prod', limit: [], tags: [], vars: [], ageKeys }
  expect(await problemsOf(() => prepare(options))).toEqual([
    `inventories/prod/group_vars/all.sops.yml:1:1 no age key at hand opens inventories/prod/group_vars/all.sops.yml and 1 more; it is for ${me.recipient} (looked for keys in $SOPS_AGE_KEY (not set), $SOPS_AGE_KEY_FILE (/nonexistent/mine.txt) (not there), /nonexistent/keys.txt (not there))`,
  ])
}, 60_000)
