import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { $ } from 'zx'
import { testLab } from '../lab/test-labs.ts'
import { differsFrom, recordingsIn } from './recording.ts'
import { onTerminal } from './terminal.ts'
import { testBed } from './test-bed.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const bed = testBed({
  ...testLab('package'),
  hosts: [
    { name: 'web1', user: 'deploy' },
    { name: 'web2', user: 'deploy' },
  ],
})

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
    const check = await npx(project, 'provision', '-i', 'mine', '-l', 'web1', '--check')
    expect(check.exitCode, check.stdout + check.stderr).toBe(2)
    expect(check.stdout).toContain('+Hello PEOPLE, this is web1')
    expect(check.stdout).toContain('+# by us')
    const first = await npx(project, 'provision', '-i', 'mine', '-l', 'web1', '--tags', 'greet')
    expect(first.exitCode, first.stdout + first.stderr).toBe(0)
    expect(await bed.on('web1', 'cat /etc/motd')).toBe('Hello PEOPLE, this is web1\n')
    const second = await npx(project, 'provision', '-i', 'mine', '-l', 'web1', '--tags', 'greet', '--check')
    expect(second.exitCode, second.stdout).toBe(0)
    await bed.on('web1', 'cat /usr/share/base-files/motd >/etc/motd')
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

describe('the first ten minutes, in an empty folder, as docs/getting-started.md has them recorded', () => {
  const home = () => join(bed.dir, 'home')
  const servers = () => join(bed.dir, 'servers')
  const env = () => ({
    HOME: home(),
    XDG_CONFIG_HOME: '',
    XDG_CACHE_HOME: join(home(), 'cache'),
    XDG_STATE_HOME: join(home(), 'state'),
    SSH_AUTH_SOCK: '',
  })
  const run = (...args: string[]) =>
    $({
      cwd: servers(),
      quiet: true,
      nothrow: true,
      env: { ...process.env, ...env(), NO_COLOR: '1', CI: '1' },
    })`./node_modules/.bin/provision ${args}`
  /** What a person types at each question. */
  const answers = (command: string): (readonly [string, string])[] => {
    const [web1, web2] = ['web1', 'web2'].map((name) => bed.host(name).address)
    if (command === 'npx provision init') {
      return [
        ['Hosts,', `web1=${web1}, web2=${web2}\r`],
        ['Log in as', 'deploy\r'],
        ['An administrator', 'ada\r'],
        ['Whom to ask', 'ops@example.org\r'],
      ]
    }
    if (command.startsWith('npx provision trust')) return [['record these 2 keys?', 'yes\r']]
    return command === 'npx provision -i prod' ? [['[y/N]', 'y\r']] : []
  }

  beforeAll(() => {
    // What npm install made in the other project: to install it once more would only be the same for longer.
    mkdirSync(join(home(), '.ssh'), { recursive: true })
    mkdirSync(servers())
    for (const name of ['id_ed25519', 'id_ed25519.pub']) {
      cpSync(join(bed.lab.dir, name), join(home(), '.ssh', name))
    }
    cpSync(join(project, 'package.json'), join(servers(), 'package.json'))
    symlinkSync(join(project, 'node_modules'), join(servers(), 'node_modules'))
  })

  test.each(recordingsIn(join(ROOT, 'docs/getting-started.md')))('$command', async (recorded) => {
    const { command } = recorded
    const { left, status } = await onTerminal({
      cwd: servers(),
      // What npx would start.
      program: command.replace(/^npx provision/, './node_modules/.bin/provision').split(' '),
      args: [],
      columns: 220,
      rows: 50,
      answers: answers(command),
      env: env(),
    })
    const screen = left.replaceAll(home(), '/home/ada')
    expect(differsFrom(recorded, screen), screen).toBeUndefined()
    const changes = /[1-9]\d* would change/.test(screen)
    expect(status).toBe(changes ? 2 : 0)
  })

  test('a role comes with its own test; schemas are up to date; shells complete; the graph has the hosts', async () => {
    expect(await bed.on('web2', 'cat /etc/motd')).toContain('Ask ops@example.org.')
    const role = await run('new', 'role', 'shop')
    expect(role.stdout + role.stderr).toContain('wrote schema/group_vars.json, with its vars')
    expect((await run('schema', '--check')).exitCode).toBe(0)
    const tested = await $({ cwd: servers(), quiet: true, nothrow: true })`npm test`
    expect(tested.exitCode, tested.stdout + tested.stderr).toBe(0)
    expect(tested.stdout).toMatch(/pass 3\b/)
    const shells = await Promise.all(['bash', 'zsh', 'fish'].map((shell) => run('completion', shell)))
    for (const { stdout } of shells) expect(stdout).toContain('__complete')
    expect((await run('__complete', '--', '--limit', 'web')).stdout).toBe('web\ttier\nweb1\thost\nweb2\thost\n')
    expect((await run('inventory', '-i', 'prod', '--graph')).stdout).toContain('web2')
  })

  test('lab says what it needs', async () => {
    const up = await run('lab', 'up')
    expect(up.exitCode).toBe(1)
    expect(up.stderr).toContain('npm install --save-dev testcontainers')
  })
})

test('a checkout helps too', async () => {
  const help = await npx(ROOT, 'provision', '--help')
  expect(help.exitCode).toBe(0)
  expect(help.stdout).toContain('Usage: provision')
})
