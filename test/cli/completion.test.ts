import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { complete } from '../../src/cli/completion/complete.ts'
import { projectNames } from '../../src/cli/completion/names.ts'
import { createProgram } from '../../src/cli/program.ts'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'

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

const valuesAt = async (...words: string[]): Promise<string[]> => {
  const root = projectFolder(FILES)
  const found = await complete(createProgram(), words, (of) => projectNames({ ...of, project: root }))
  return found.map(({ value }) => value)
}

describe('what can stand at the cursor', () => {
  test('commands, and those of a command; options only where one is begun', async () => {
    expect(await valuesAt('')).toEqual(expect.arrayContaining(['upgrade', 'secrets', 'init', 'lab']))
    expect(await valuesAt('')).not.toContain('__complete')
    expect(await valuesAt('roll')).toEqual(['rollback'])
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
    const none = await complete(createProgram(), ['-i', ''], () =>
      projectNames({ project: '/none', inventory: undefined }),
    )
    expect(none).toEqual([])
  })
})

test('bash completes with the script that is printed', async () => {
  const cli = await program()
  const root = projectFolder({
    ...FILES,
    'node_modules/.bin/provision': `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`,
  })
  execFileSync('chmod', ['+x', `${root}/node_modules/.bin/provision`])
  const script = execFileSync(process.execPath, [cli, 'completion', 'bash'], { encoding: 'utf8' })
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
