import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { $ } from 'zx'
import { testLab } from '../lab/test-labs.ts'
import { testBed } from './test-bed.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const bed = testBed({ ...testLab('package'), hosts: [{ name: 'box', user: 'deploy' }] })

const GREET = `import { defineRole, file } from 'provision'

export default defineRole({
  name: 'greet',
  description: 'Says hello.',
  vars: { greeting: { type: 'string', description: 'Whom to greet.', default: 'world' } },
  resources: ({ vars, host, template }) => [
    file({ path: '/etc/motd', content: template('motd.ejs', { name: host.name, greeting: vars.greeting.toUpperCase() }) }),
  ],
})
`

const filesOf = () => ({
  'package.json': '{ "private": true, "type": "module" }',
  'roles/greet/index.ts': GREET,
  'templates/greet/motd.ejs': 'Hello <%= greeting %>, this is <%= name %>\n',
  // A template of the user's takes the place of a built-in one.
  'templates/base/sudoers.ejs':
    '# by us\n<% for (const admin of admins) { -%>\n<%= admin.name %> ALL=(ALL) ALL\n<% } -%>\n',
  'inventories/site.yml': 'tiers:\n  - { name: all_hosts, roles: [base, greet] }\n',
  'inventories/mine/group_vars/all.yml':
    'greeting: people\nadmin_users: [{ name: eve, sudo: password }]\nunattended_upgrades: false\n',
  'inventories/mine/hosts.yml': readFileSync(join(bed.lab.inventory, 'hosts.yml'), 'utf8')
    .replaceAll('../id_ed25519', join(bed.lab.dir, 'id_ed25519'))
    .replaceAll('../known_hosts', join(bed.lab.dir, 'known_hosts')),
})

let project: string
const npx = (cwd: string, ...args: string[]) =>
  $({ cwd, quiet: true, nothrow: true, env: { ...process.env, NO_COLOR: '1', CI: '1' } })`npx --no-install ${args}`

describe('the package, in an empty folder', () => {
  beforeAll(async () => {
    project = join(bed.dir, 'project')
    for (const [name, text] of Object.entries(filesOf())) {
      mkdirSync(dirname(join(project, name)), { recursive: true })
      writeFileSync(join(project, name), text)
    }
    // dist/ is there: building it again would pull it from under other tests.
    const packed = await $({ cwd: ROOT, quiet: true })`npm pack --ignore-scripts --json --pack-destination ${bed.dir}`
    const [name] = packed.stdout.match(/provision-[^"/]*\.tgz/) ?? []
    await $({
      cwd: project,
      quiet: true,
    })`npm install --prefer-offline --no-audit --no-fund ${join(bed.dir, name ?? '')}`
  })

  test('tries a role in a test', async () => {
    const script = `import { compileRole } from 'provision/testing'
      import { defineRole, file } from 'provision'
      const role = defineRole({ name: 'r', description: 'R.', vars: {}, resources: ({ host }) => [[file({ path: '/' + host.name, content: 'x' })]] })
      const { keys, problems } = compileRole(role)
      console.log(JSON.stringify([keys, problems]))`
    const tried = await $({ cwd: project, quiet: true })`node --input-type=module -e ${script}`
    expect(JSON.parse(tried.stdout)).toEqual([['file:/host1'], []])
  })

  test('helps', async () => {
    const help = await npx(project, 'provision', '--help')
    expect(help.exitCode).toBe(0)
    expect(help.stdout).toContain('Usage: provision')
  })

  test("runs the user's roles and templates beside the built-in ones", async () => {
    const check = await npx(project, 'provision', '-i', 'mine', '--check')
    expect(check.exitCode, check.stdout + check.stderr).toBe(2)
    expect(check.stdout).toContain('+Hello PEOPLE, this is box')
    expect(check.stdout).toContain('+# by us')
    const first = await npx(project, 'provision', '-i', 'mine', '--tags', 'greet')
    expect(first.exitCode, first.stdout + first.stderr).toBe(0)
    expect(await bed.on('box', 'cat /etc/motd')).toBe('Hello PEOPLE, this is box\n')
    const second = await npx(project, 'provision', '-i', 'mine', '--tags', 'greet', '--check')
    expect(second.exitCode, second.stdout).toBe(0)
  })

  test("has types for the user's roles", async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck']
    const check = async () => {
      const tsc = join(ROOT, 'node_modules/.bin/tsc')
      return $({ cwd: project, quiet: true, nothrow: true })`${tsc} ${options} roles/greet/index.ts`
    }
    const good = await check()
    expect(good.stdout).toBe('')
    expect(good.exitCode).toBe(0)
    writeFileSync(join(project, 'roles/greet/index.ts'), GREET.replace('vars.greeting', 'vars.greting'))
    expect((await check()).stdout).toContain("Property 'greting' does not exist")
    writeFileSync(join(project, 'roles/greet/index.ts'), GREET)
  })
})

test('a checkout helps too', async () => {
  const help = await npx(ROOT, 'provision', '--help')
  expect(help.exitCode).toBe(0)
  expect(help.stdout).toContain('Usage: provision')
})
