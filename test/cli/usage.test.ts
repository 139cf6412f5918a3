import { describe, expect, it } from 'vitest'
import { inOurWords } from '../../src/cli/habits.ts'
import { optionHint, strayWords } from '../../src/cli/usage.ts'
import { inProcess } from './in-process.ts'

const COMMANDS = ['upgrade', 'rollback', 'switchover', 'secrets']

/** What stands on standard error, and the status. */
const provision = async (...args: string[]) => {
  const { err, status } = await inProcess(args, { cwd: '/', env: process.env })
  return { stderr: err, status }
}

describe('habits of Ansible on the command line', () => {
  it.each([
    ['--list-hosts', 'provision inventory --list'],
    ['--list-tags', 'provision inventory'],
    ['--list-tasks', '--check'],
    ['--become', 'sudo'],
    ['-b', 'sudo'],
    ['--user=ada', 'connection.user'],
    ['--private-key', 'connection.identity_file'],
    ['--step', 'asks'],
    ['--syntax-check', '--check'],
    ['--start-at-task', 'run it again'],
    ['-m', 'provision exec'],
    ['--vault-password-file', 'provision secrets'],
  ])('C46: %s is told what it is called here', (option, here) => {
    expect(optionHint(option)).toContain(here)
  })

  it('guesses nothing about other options', () => {
    expect(optionHint('--frobnicate')).toBeUndefined()
  })

  it('C46: the program says so beside the unknown option', async () => {
    const { stderr, status } = await provision('-i', 'prod', '--become')
    expect(stderr).toContain("error: unknown option '--become'\na login that is not root becomes root by sudo")
    expect(status).toBe(1)
    expect((await provision('upgrade', '--list-hosts')).stderr).toContain('provision inventory --list')
  })

  it('-C is the dry run there and the folder here: both are said', async () => {
    const last = await provision('-i', 'prod', '-C')
    expect(last.stderr).toContain(
      "error: option '-C, --project <dir>' argument missing\na dry run is --check: provision -i prod --check",
    )
    const first = await provision('-C', '-i', 'prod')
    expect(first.stderr).toContain('a dry run is --check: provision --check -i prod')
    expect([last.status, first.status]).toEqual([1, 1])
  })

  it('a playbook is none of ours', async () => {
    const { stderr } = await provision('-i', 'prod', 'site.yml')
    expect(stderr).toContain("a run takes no playbook ('site.yml')")
  })

  it('-e and the like are taken: the folder is looked for, and no option is unknown', async () => {
    const { stderr } = await provision(
      '-i',
      'none',
      '-C',
      '/nonexistent',
      '-e',
      'a=1 b=2',
      '-D',
      '--extra-vars={"c": [1]}',
    )
    expect(stderr).toContain('there is no folder /nonexistent')
    expect(stderr).not.toContain('unknown option')
  })
})

describe('a project whose folder is not there', () => {
  it.each([
    [['ping', '-i', 'prod']],
    [['inventory', '-i', 'prod']],
    [['trust', '-i', 'prod']],
    [['facts', '-i', 'prod']],
    [['schema']],
  ])('%j says so, and nothing of a fault', async (args) => {
    const { stderr, status } = await provision(...args, '-C', '/nonexistent')
    expect(status).toBe(1)
    expect(stderr).toContain('--project: there is no folder /nonexistent')
    expect(stderr).not.toContain('fault of provision')
  })
})

describe('options of Ansible that mean the same', () => {
  it.each([
    [
      ['-e', 'a=1'],
      ['--var', 'a=1'],
    ],
    [
      ['-e', 'a=1 b=two'],
      ['--var', 'a=1', '--var', 'b=two'],
    ],
    [['-ea=1'], ['--var', 'a=1']],
    [['--extra-vars=a=some words'], ['--var', 'a=some words']],
    [
      ['--extra-vars', '{"a": 1, "b": {"c": [2]}}'],
      ['--var', 'a=1', '--var', 'b={"c":[2]}'],
    ],
    [
      ['-e', '@extra.yml'],
      ['--var', '@extra.yml'],
    ],
    [['-e'], ['--var']],
    [
      ['--inventory-file=prod', '-D', '--ask-become-pass', '--ask-pass'],
      ['--inventory=prod', '--diff', '--ask-become-password', '--ask-password'],
    ],
    [
      ['exec', '-l', 'web', '--', 'ls', '-D', '-e', 'x'],
      ['exec', '-l', 'web', '--', 'ls', '-D', '-e', 'x'],
    ],
  ])('%j', (given, ours) => {
    expect(inOurWords(given)).toEqual(ours)
  })
})

describe('words that are no option', () => {
  it('C55: a misspelt command is told the right one, and a host that it needs --limit', () => {
    expect(strayWords(['upgarde'], COMMANDS)).toBe("unknown command 'upgarde': did you mean 'upgrade'?")
    expect(strayWords(['web1'], COMMANDS)).toContain('hosts are chosen with --limit web1')
    expect(strayWords(['web1', 'web2'], COMMANDS)).toContain('--limit web1,web2')
  })

  it('C55: the program says so before it looks at any file', async () => {
    expect(await provision('upgarde')).toMatchObject({
      stderr: expect.stringContaining("did you mean 'upgrade'?"),
      status: 1,
    })
    const host = await provision('-i', 'live', 'web1')
    expect(host).toMatchObject({ stderr: expect.stringContaining('--limit web1'), status: 1 })
    expect((await provision('rollback', '--tier', 'app', 'app1')).stderr).toContain('--limit app1')
  })
})
