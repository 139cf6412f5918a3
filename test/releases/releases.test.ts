import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildRelease } from '../../src/releases/build.ts'
import { setRelease, versionIn } from '../../src/releases/set.ts'
import { projectFolder } from '../project-folder.ts'

const tree = (): string => {
  const root = projectFolder({
    'app/main.py': 'print(1)\n',
    'app/lib/b.py': 'b\n',
    'app/lib/a.py': 'a\n',
    'app/.git/HEAD': 'x',
  })
  chmodSync(join(root, 'app/main.py'), 0o755)
  symlinkSync('main.py', join(root, 'app/start'))
  return root
}

describe('a release that is built', () => {
  it('has the same bytes whoever builds it and when, and other bytes for other content', async () => {
    const [one, two] = [tree(), tree()]
    utimesSync(join(two, 'app/main.py'), 1, 1)
    chmodSync(join(two, 'app/lib/a.py'), 0o600)
    const build = (root: string) => buildRelease({ folder: join(root, 'app'), out: join(root, 'dist/app-1.tar.gz') })
    const [first, second] = [await build(one), await build(two)]
    expect(second.sha256).toBe(first.sha256)
    expect(first.files).toBe(4)
    writeFileSync(join(two, 'app/main.py'), 'print(2)\n')
    expect((await build(two)).sha256).not.toBe(first.sha256)
  })

  it('is unpacked by tar with its links and what may be executed, and without version control', async () => {
    const root = tree()
    const { path, sha256 } = await buildRelease({ folder: join(root, 'app'), out: join(root, 'app-1.tar.gz') })
    mkdirSync(join(root, 'out'))
    execFileSync('tar', ['-xzf', path, '-C', join(root, 'out'), '--no-same-owner'])
    const shown = execFileSync('sh', ['-c', 'find . -printf "%P %M %l\\n" | sort'], {
      cwd: join(root, 'out'),
      encoding: 'utf8',
    })
    expect(shown).toContain('main.py -rwxr-xr-x \n')
    expect(shown).toContain('lib/a.py -rw-r--r-- \n')
    expect(shown).toContain('start lrwxrwxrwx main.py\n')
    expect(shown).not.toContain('.git')
    expect(execFileSync('sha256sum', [path], { encoding: 'utf8' })).toContain(sha256)
  })

  it('is refused where there is nothing to pack', async () => {
    const root = projectFolder({ 'empty/.git/HEAD': 'x' })
    await expect(buildRelease({ folder: join(root, 'empty'), out: join(root, 'a.tar.gz') })).rejects.toThrow(
      'nothing in',
    )
  })
})

describe('a release that is declared', () => {
  const APP =
    '# The shop.\napp_name: shop\napp_version: 1.9 # see the board\napp_artifact: { path: dist/shop-1.9.tar.gz, sha256: 00 }\napp_port: 3000\n'
  const project = (files: Readonly<Record<string, string>> = { 'inventories/prod/group_vars/app.yml': APP }) =>
    projectFolder({ 'inventories/prod/hosts.yml': 'tiers: {}\n', 'dist/shop-1.10.tar.gz': 'bytes', ...files })
  const SUM = '277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9'
  const set = (root: string, more: object = {}) =>
    setRelease({ root, inventory: 'prod', archive: join(root, 'dist/shop-1.10.tar.gz'), ...more })

  it('is written into the file that has the last one; comments stay, and the version is text', async () => {
    const root = project()
    expect(await set(root)).toEqual({
      file: 'inventories/prod/group_vars/app.yml',
      version: '1.10',
      sha256: SUM,
      before: '1.9',
    })
    const text = readFileSync(join(root, 'inventories/prod/group_vars/app.yml'), 'utf8')
    expect(text).toContain('# The shop.\napp_name: shop\napp_version: "1.10" # see the board\n')
    expect(text).toContain(`{ path: dist/shop-1.10.tar.gz, sha256: ${SUM} }`)
  })

  it('leaves a path with {version} as it is', async () => {
    const root = project({
      'inventories/prod/group_vars/app.yml': APP.replace('dist/shop-1.9.tar.gz', '"dist/shop-{version}.tar.gz"'),
    })
    await set(root)
    expect(readFileSync(join(root, 'inventories/prod/group_vars/app.yml'), 'utf8')).toContain(
      'path: "dist/shop-{version}.tar.gz"',
    )
  })

  it.each([
    ['no file sets it', {}, 'no file of the inventory prod sets app_version'],
    [
      'several files do',
      { 'inventories/prod/group_vars/app.yml': APP, 'inventories/prod/host_vars/a.yml': APP },
      'several files set app_version: group_vars/app, host_vars/a',
    ],
    [
      'the file is not YAML',
      { 'inventories/prod/group_vars/app.yml': `${APP}more: [` },
      'inventories/prod/group_vars/app.yml: ',
    ],
  ])('is refused when %s, and nothing is written', async (_, files, message) => {
    await expect(set(project(files))).rejects.toThrow(message)
  })

  it('knows the version by the name of the archive', () => {
    expect(['dist/shop-1.4.2.tar.gz', 'my-app-2.0-rc1.tgz', 'shop.tar.gz', 'shop-v1.tar.gz'].map(versionIn)).toEqual([
      '1.4.2',
      '2.0-rc1',
      undefined,
      undefined,
    ])
  })
})
