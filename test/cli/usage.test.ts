import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { optionHint, strayWords } from '../../src/cli/usage.ts'
import { program } from '../program.ts'

const COMMANDS = ['upgrade', 'rollback', 'switchover', 'secrets']

/** The program itself: what stands on standard error, and its status. */
const provision = async (...args: string[]) => {
  const { stderr, status } = spawnSync(process.execPath, [await program(), ...args], { encoding: 'utf8', cwd: '/' })
  return { stderr, status }
}

describe('habits of Ansible on the command line', () => {
  it.each([
    ['-e', '--var'],
    ['--list-hosts', '--check'],
    ['--inventory-file', '--inventory'],
    ['--become', 'sudo'],
    ['--extra-vars=a=b', '--var'],
    ['--vault-password-file', 'provision secrets'],
  ])('C46: %s is told what it is called here', (option, here) => {
    expect(optionHint(option)).toContain(here)
  })

  it('guesses nothing about other options', () => {
    expect(optionHint('--frobnicate')).toBeUndefined()
  })

  it('C46: the program says so beside the unknown option', async () => {
    const { stderr, status } = await provision('-i', 'prod', '-e', 'a=b')
    expect(stderr).toContain("error: unknown option '-e'\nvars are set with --var name=value")
    expect(status).toBe(1)
    expect((await provision('upgrade', '--list-hosts')).stderr).toContain('--check shows hosts')
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
