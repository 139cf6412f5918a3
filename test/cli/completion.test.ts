import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { complete, type Project } from '../../src/cli/completion/complete.ts'
import { commandLine } from '../../src/cli/completion/describe.ts'
import { keptNames } from '../../src/cli/completion/kept-names.ts'
import { projectNames } from '../../src/cli/completion/names.ts'
import { writtenNames } from '../../src/cli/completion/written-names.ts'
import { factsCache } from '../../src/facts/cache.ts'
import { FACTS } from '../../src/testing/facts.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'
import { inProcess } from './in-process.ts'

const FILES = {
  'inventories/site.yml': 'tiers: [{ name: web, roles: [shop] }, { name: db, roles: [] }]\n',
  'inventories/prod/hosts.yml':
    'groups: { eu: { hosts: [web1] } }\ntiers:\n  web: { hosts: { web1: { address: 192.0.2.1, groups: [canary] }, web2: { address: 192.0.2.2 } } }\n',
  'inventories/prod/group_vars/all.yml': '',
  'inventories/prod/group_vars/asia.sops.yml': '',
  'inventories/staging/hosts.yml': 'tiers: { web: { hosts: { try1: { address: 192.0.2.9 } } } }\n',
  'inventories/broken/hosts.yml': 'tiers: [\n',
  'roles/shop/index.ts': 'throw new Error("is not loaded")\n',
  'roles/notes.md': '',
}

const LINE = commandLine()
const namesIn = (root: string, hasPrimary = true): Project => ({
  names: (of) => projectNames({ ...of, project: root }, writtenNames),
  hasPrimary: () => hasPrimary,
})
const valuesAt = async (...words: string[]): Promise<string[]> =>
  (await complete(LINE, words, namesIn(projectFolder(FILES)))).map(({ value }) => value)

describe('what can stand at the cursor', () => {
  test('commands, and those of a command; options only where one is begun', async () => {
    expect(await valuesAt('')).toEqual(expect.arrayContaining(['upgrade', 'secrets', 'init', 'lab']))
    expect(await valuesAt('')).not.toContain('__complete')
    expect(await valuesAt('roll')).toEqual(['rollback'])
    expect(await valuesAt('switch')).toEqual(['switchover'])
    expect(await complete(LINE, ['switch'], namesIn('/none', false))).toEqual([])
    expect(await valuesAt('secrets', 's')).toEqual(['set', 'show'])
    expect(await valuesAt('--inv')).toEqual(['--inventory'])
    expect((await valuesAt('rollback', '--t')).sort()).toEqual(['--tags', '--tier', '--to'])
    expect(await valuesAt('completion', '')).toEqual(['bash', 'zsh', 'fish'])
  })

  test('names of the project: inventories, tiers, groups, hosts, roles', async () => {
    expect(await valuesAt('-i', '')).toEqual(['broken', 'prod', 'staging'])
    expect(await valuesAt('--check', '-l', '')).toEqual(['web', 'db', 'eu', 'canary', 'asia', 'web1', 'web2', 'try1'])
    expect(await valuesAt('-i', 'staging', '--limit', '')).toEqual(['web', 'db', 'try1'])
    expect(await valuesAt('--inventory=staging', '--limit', 't')).toEqual(['try1'])
    expect(await valuesAt('--tags', 's')).toEqual(['shop'])
    expect(await valuesAt('-t', 'ngin')).toEqual(['nginx', 'nginx_exporter'])
    expect(await valuesAt('rollback', '--tier', 'd')).toEqual(['db'])
    expect(await valuesAt('switchover', '--to', 'web')).toEqual(['web1', 'web2'])
    expect(await valuesAt('lab', 'ssh', 'w')).toEqual(['web1', 'web2'])
    expect(await valuesAt('--renderer', 'j')).toEqual(['json'])
  })

  test('the last element of a list, which may be excluded; each once', async () => {
    expect(await valuesAt('-l', 'web,!w')).toEqual(['web,!web1', 'web,!web2'])
    expect(await valuesAt('-l', "'web1,e")).toEqual(['web1,eu'])
    expect(await valuesAt('--limit=db,a')).toEqual(['--limit=db,asia'])
    // As bash breaks it.
    expect(await valuesAt('--limit', '=', 'db,a')).toEqual(['--limit=db,asia'])
  })

  test('nothing where a path or free text is wanted, and without a project', async () => {
    expect(await valuesAt('-C', '')).toEqual([])
    expect(await valuesAt('--var', '')).toEqual([])
    expect(await valuesAt('init', '--host', '')).toEqual([])
    expect(await valuesAt('nonsense', '')).toEqual([])
    expect(await complete(LINE, ['-i', ''], namesIn('/none'))).toEqual([])
  })
})

describe('names of files', () => {
  const HOSTS = 'inventories/prod/hosts.yml'

  test('are read once for each state of a file', async () => {
    const root = projectFolder(FILES)
    const file = join(root, HOSTS)
    const cache = join(root, 'cache')
    const read = async () => {
      const kept = keptNames(cache)
      const { hosts } = await kept.of(file)
      await kept.keep()
      return hosts
    }
    expect(await read()).toEqual(['web1', 'web2'])
    const [place = ''] = readdirSync(cache)
    // What is kept is what counts, while the file is the same.
    writeFileSync(join(cache, place), readFileSync(join(cache, place), 'utf8').replace('web2', 'kept'))
    expect(await read()).toEqual(['web1', 'kept'])
    writeFileSync(file, 'tiers: { web: { hosts: { web3: { address: 192.0.2.3 } } } }\n')
    expect(await read()).toEqual(['web3'])
    writeFileSync(join(cache, place), '{"stamp":')
    expect(await read()).toEqual(['web3'])
    rmSync(file)
    expect(await read()).toEqual([])
    writeFileSync(file, 'tiers: [')
    expect(await read()).toEqual([])
  })

  test('are known where none can be kept', async () => {
    const root = projectFolder(FILES)
    const kept = keptNames(join(root, HOSTS))
    expect((await kept.of(join(root, HOSTS))).groups).toEqual(['eu', 'canary'])
    await kept.keep()
  })

  test('of hosts that a program gives are those that a run has met', async () => {
    const root = projectFolder({
      'inventories/site.yml': FILES['inventories/site.yml'],
      'inventories/dyn/hosts.ts': '',
    })
    const cache = process.env.XDG_CACHE_HOME
    process.env.XDG_CACHE_HOME = join(root, 'cache')
    try {
      await factsCache(join(root, 'inventories/dyn')).write('vm7', FACTS)
      const found = await complete(LINE, ['-l', ''], namesIn(root))
      expect(found.map(({ value }) => value)).toEqual(['web', 'db', 'vm7'])
    } finally {
      if (cache === undefined) delete process.env.XDG_CACHE_HOME
      else process.env.XDG_CACHE_HOME = cache
    }
  })
})

test('who waits at Tab waits for little to be loaded: no command, no library', async () => {
  const cli = (await program()).replace(/cli\/cli\.js$/, 'cli.js')
  const root = projectFolder(FILES)
  let runs = 0
  /** What the program loaded: its own files, with their bytes. */
  const loadedAt = (...words: string[]) => {
    runs += 1
    const dir = join(root, `loaded-${runs}`)
    const env = { ...process.env, XDG_CACHE_HOME: join(root, 'cache'), NODE_V8_COVERAGE: dir }
    const out = execFileSync(process.execPath, [cli, '__complete', '--', ...words], {
      cwd: root,
      env,
      encoding: 'utf8',
    })
    const seen = readdirSync(dir).flatMap((one): string[] =>
      JSON.parse(readFileSync(join(dir, one), 'utf8')).result.map(({ url }: { url: string }) => url),
    )
    const files = [...new Set(seen)].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
    return { out, files, bytes: files.reduce((sum, file) => sum + statSync(file).size, 0) }
  }
  expect(loadedAt('-l', 'web').out).toBe('web\ttier\nweb1\thost\nweb2\thost\n')
  for (const words of [['-l', 'web'], ['roll'], ['--inv'], ['-i', '']]) {
    const { files, bytes } = loadedAt(...words)
    expect([files.length, files.filter((file) => file.includes('node_modules'))], files.join('\n')).toEqual([
      expect.toSatisfy((count: number) => count <= 10),
      [],
    ])
    expect(bytes).toBeLessThan(120_000)
  }
})

test('bash completes with the script that is printed', async () => {
  const cli = await program()
  const root = projectFolder({
    ...FILES,
    'node_modules/.bin/provision': `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`,
  })
  execFileSync('chmod', ['+x', `${root}/node_modules/.bin/provision`])
  const { out: script } = await inProcess(['completion', 'bash'], { cwd: root, env: process.env })
  const at = (...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${script}\nshift 0; COMP_WORDS=(provision "$@"); COMP_CWORD=$#; _provision; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { cwd: root, encoding: 'utf8' },
    )
      .trim()
      .split('\n')
  expect(at('-i', 'pr')).toEqual(['prod'])
  expect(at('--limit', '=', 'web1,e')).toEqual(['web1,eu'])
  expect(at('-l', 'web')).toEqual(['web', 'web1', 'web2'])
})
