import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inProcess, type Ran } from '../cli/in-process.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'
import { start } from '../shell/start.ts'

/** With a home of its own in the project, and nothing from our environment. */
const around = (root: string, env: Readonly<Record<string, string>> = {}) => ({
  cwd: root,
  env: { PATH: process.env.PATH, HOME: join(root, 'home'), NO_COLOR: '1', ...env },
})

const provision = (root: string, args: readonly string[], { input = '', env = {} } = {}): Promise<Ran> =>
  inProcess(['secrets', ...args], { ...around(root, env), input })

/** As a process of its own, whose terminal the editor gets. */
async function edited(root: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  const { status, stdout, stderr } = start(
    process.execPath,
    [await program(), 'secrets', 'edit', FILE],
    around(root, env),
  )
  return { status, out: stdout, err: stderr }
}

const FILE = 'inventories/prod/group_vars/all.sops.yml'
const KEYS = 'home/.config/sops/age/keys.txt'
const text = (root: string, file: string): string => readFileSync(join(root, file), 'utf8')

/** A project with a key, .sops.yaml and one encrypted value. */
async function started(): Promise<string> {
  const root = projectFolder({ 'inventories/prod/hosts.yml': '' })
  expect((await provision(root, ['init'])).status).toBe(0)
  const set = await provision(root, ['set', '-i', 'prod', 'group_vars/all', 'db_password'], {
    input: 's3cr3t-one\n',
  })
  expect(set).toEqual({ status: 0, out: `db_password is set in ${FILE}, which is new\n`, err: '' })
  return root
}

/** An editor that is a shell script; the file is its $1. */
function editor(root: string, script: string): { EDITOR: string } {
  mkdirSync(join(root, 'bin'), { recursive: true })
  writeFileSync(join(root, 'bin/editor'), `#!/bin/sh\nset -e\n${script}\n`, { mode: 0o755 })
  return { EDITOR: join(root, 'bin/editor') }
}

describe('provision secrets', { timeout: 120_000 }, () => {
  test('init makes a key for the user alone, once, and rules that encrypt for it', async () => {
    const root = projectFolder({})
    const first = await provision(root, ['init'])
    const key = text(root, KEYS)
    const recipient = /^# public key: (age1\S+)$/m.exec(key)?.[1] ?? '-'
    expect(first.out).toContain(recipient)
    expect(first.out).not.toContain('AGE-SECRET-KEY')
    expect(statSync(join(root, KEYS)).mode & 0o777).toBe(0o600)
    expect(text(root, '.sops.yaml')).toContain(`age: ${recipient}`)
    const second = await provision(root, ['init'])
    expect(second.out).toBe(`your age key: ${recipient}\n.sops.yaml is there and has your key\n`)
    expect(text(root, KEYS)).toBe(key)
  })

  test('set keeps the ciphertext of all that has not changed', async () => {
    const root = await started()
    const first = text(root, FILE)
    expect(first).not.toContain('s3cr3t-one')
    const line = /^db_password: .*$/m.exec(first)?.[0] ?? '-'
    await provision(root, ['set', '-i', 'prod', 'group_vars/all', 'ports', '--yaml'], { input: '[1, 22]' })
    await provision(root, ['set', FILE, 'ports.1'], { input: 'three' })
    expect(text(root, FILE)).toContain(line)
    const shown = await provision(root, ['show', '-i', 'prod'])
    expect(shown.out.split('\n').slice(1)).toEqual(['  db_password', '  ports.0', '  ports.1', ''])
    const wrong = await provision(root, ['set', FILE, 'db_password.x'], { input: 'three' })
    expect(wrong).toMatchObject({ status: 1, err: "'db_password' is a value there, so it can't hold 'x'\n" })
  })

  test('get prints one value, unset takes one out; what is not there is told with the nearest name', async () => {
    const root = await started()
    const line = /^db_password: .*$/m.exec(text(root, FILE))?.[0] ?? '-'
    await provision(root, ['set', FILE, 'app', '--yaml'], { input: '{ port: 0x1F, keys: [one, two] }' })
    const get = (name: string) => provision(root, ['get', '-i', 'prod', 'group_vars/all', name])
    expect(await get('db_password')).toEqual({ status: 0, out: 's3cr3t-one\n', err: '' })
    expect((await get('app.keys')).out).toBe('- one\n- two\n')
    const unset = await provision(root, ['unset', FILE, 'app.keys.0'])
    expect(unset).toEqual({ status: 0, out: `app.keys.0 is no more in ${FILE}\n`, err: '' })
    expect((await get('app.keys')).out).toBe('- two\n')
    expect(text(root, FILE)).toContain(line)
    expect(await get('db_pasword')).toEqual({
      status: 1,
      out: '',
      err: "there is no 'db_pasword'\n  did you mean 'db_password'?\n",
    })
    const nowhere = await provision(root, ['unset', '-i', 'prod', 'group_vars/web', 'x'])
    expect(nowhere).toMatchObject({ status: 1, err: expect.stringMatching(/there is no .*group_vars\/web.sops.yml/) })
  })

  test('edit shows the text to the editor alone, and leaves nothing of it behind', async () => {
    const root = await started()
    const before = text(root, FILE)
    const seen = await edited(root, editor(root, `cat "$1"; stat -c '%a %n' "$1" "$(dirname "$1")" >${root}/modes`))
    expect(seen).toMatchObject({ status: 0, err: '' })
    expect(seen.out).toBe(`db_password: s3cr3t-one\n${FILE} is left as it was\n`)
    expect(text(root, FILE)).toBe(before)
    const modes = text(root, 'modes').trim().split('\n')
    expect(modes.map((line) => line.split(' ')[0])).toEqual(['600', '700'])
    expect(modes.some((line) => existsSync(line.split(' ')[1] ?? '/'))).toBe(false)
    const changed = await edited(root, editor(root, `printf '# why\\ntoken: new-t0ken\\n' >>"$1"; cp "$1" "$1~"`))
    expect(changed).toMatchObject({ status: 0, out: `${FILE} is encrypted and written\n` })
    expect(text(root, FILE)).toContain(/^db_password: .*$/m.exec(before)?.[0])
    expect(text(root, FILE)).not.toMatch(/why|t0ken/)
    expect(readdirSync(join(root, 'inventories/prod/group_vars'))).toEqual(['all.sops.yml'])
    const again = await edited(root, editor(root, 'cat "$1"'))
    expect(again.out).toContain('db_password: s3cr3t-one\n# why\ntoken: new-t0ken\n')
  })

  test.each([
    ['an editor that fails', 'echo x >>"$1"; exit 3', 'ended with status 3: nothing is written'],
    ['what is no YAML', 'echo "a: [s3cr3t-two" >>"$1"', 'not valid YAML'],
    ['what is no mapping', 'echo "- a" >"$1"', 'must be a mapping'],
  ])('edit writes nothing after %s', async (_, script, message) => {
    const root = await started()
    const before = text(root, FILE)
    const ran = await edited(root, editor(root, script))
    expect(ran.status).toBe(1)
    expect(ran.err).toContain(message)
    expect(ran.err).not.toContain('s3cr3t')
    expect(text(root, FILE)).toBe(before)
  })

  test('tells what is missing: a key, .sops.yaml, the name of a file', async () => {
    const root = await started()
    const keyless = { HOME: '/nonexistent' }
    const locked = await provision(root, ['set', FILE, 'x'], { input: 'y', env: keyless })
    expect(locked.err).toMatch(
      /no age key at hand opens .*; it is for age1.*\n {2}looked for keys in \$SOPS_AGE_KEY \(not set\)/,
    )
    const bare = projectFolder({})
    expect((await provision(bare, ['set', '-i', 'prod', 'group_vars/all', 'x'], { input: 'y' })).err).toContain(
      'make one: provision secrets init',
    )
    expect((await provision(root, ['set', 'all.yml', 'x'], { input: 'y' })).err).toContain(
      'its name must end in .sops.yml',
    )
  })

  test('a key from the environment opens a file, and no process that is started has it', async () => {
    const root = await started()
    const key = /^AGE-SECRET-KEY-.*$/m.exec(text(root, KEYS))?.[0] ?? '-'
    const env = { HOME: '/nonexistent', SOPS_AGE_KEY: key, ...editor(root, 'env; cat "$1"') }
    const ran = await edited(root, env)
    expect(ran.out).toContain('db_password: s3cr3t-one')
    expect(ran.out).not.toContain('AGE-SECRET-KEY')
  })
})
