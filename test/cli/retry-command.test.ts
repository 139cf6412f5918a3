import { afterEach, describe, expect, it } from 'vitest'
import type { HostFlags } from '../../src/cli/host-options.ts'
import type { Job } from '../../src/cli/main.ts'
import { createProgram } from '../../src/cli/program.ts'
import { againOf } from '../../src/cli/retry-command.ts'

const exitCode = process.exitCode
afterEach(() => {
  process.exitCode = exitCode
})

/** What the program would start for a command line. */
async function parsed(args: readonly string[]): Promise<{ readonly flags: HostFlags; readonly job: Job }> {
  const found: { flags: HostFlags; job: Job }[] = []
  const program = createProgram(async (flags, job) => {
    found.push({ flags, job })
    return 0
  })
  await program.parseAsync([...args], { from: 'user' })
  const [one] = found
  if (one === undefined || found.length > 1) throw new Error('the program must start one thing')
  return one
}

async function again(args: readonly string[], mask = (text: string): string => text) {
  const { flags, job } = await parsed(args)
  return againOf(job.name, flags, job.again, mask)
}

describe('againOf', () => {
  it('is the command without what is only about how it looks', async () => {
    const looks = ['--check', '--diff', '--json', '--show-script', '-vv', '--no-color']
    expect(await again(['-i', 'prod', ...looks])).toEqual({ command: 'provision --inventory prod', limit: '' })
    expect((await again(['-i', 'prod', '--renderer', 'plain'])).command).toBe('provision --inventory prod')
  })

  it.each<[string[], string]>([
    [[], ''],
    [['--switchover-to', 'db2'], '--switchover-to db2'],
    [['upgrade', '--tier', 'db,app', '--switchover-to', 'db2'], '--tier db --tier app --switchover-to db2'],
    [['rollback', '--tier', 'app', '--to', '1.4'], '--tier app --to 1.4'],
    [['rollback', '--tier', 'app'], '--tier app'],
    [['switchover', '--tier', 'db', '--to', 'db2'], '--tier db --to db2'],
    [['switchover', '--tier', 'db', '--to', 'db2', '--primary-lost'], '--tier db --to db2 --primary-lost'],
  ])('has the own options of %j', async (args, own) => {
    const [name] = args[0]?.startsWith('-') ? [] : args
    const words = ['provision', name, '--inventory prod', own].filter(Boolean).join(' ')
    expect((await again([...args, '-i', 'prod'])).command).toBe(words)
  })

  it('has everything that says what is done, as a shell takes it; typed again, it is the same command', async () => {
    const args = [
      ...[
        'rollback',
        '-i',
        'prod',
        '-C',
        '../my shop',
        '--tier',
        'app',
        '--to',
        '1.4',
        '-t',
        'nginx,app',
        '-f',
        '3',
        '-y',
      ],
      ...['--var', 'app_env={ A: "b" }', '--var', 'on=true', '-l', 'web', '-l', '!web3', '-K'],
    ]
    const { command, limit } = await again(args)
    expect({ command, limit }).toEqual({
      command:
        "provision rollback --inventory prod --project '../my shop' --tier app --to 1.4 --tags nginx --tags app" +
        ` --var 'app_env={ A: "b" }' --var 'on=true' --forks 3 --yes --ask-become-password`,
      limit: "--limit web --limit '!web3'",
    })
    const typed = [...`${command} ${limit}`.matchAll(/'([^']*)'|([^ ]+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    )
    const { flags } = await parsed(args)
    expect((await parsed(typed.slice(1))).flags).toEqual(flags)
  })

  it('has no secret that a --var brought, quotes in it or not', async () => {
    const mask = (text: string) => text.replaceAll("it's", '‹secret›')
    expect((await again(['-i', 'prod', '--var', "db_password=it's"], mask)).command).toBe(
      "provision --inventory prod --var 'db_password=‹secret›'",
    )
  })

  it('takes options of the program that stand before the command as those of the command', async () => {
    expect((await again(['-i', 'prod', '--yes', 'upgrade', '--tier', 'web'])).command).toBe(
      'provision upgrade --inventory prod --tier web --yes',
    )
  })
})
