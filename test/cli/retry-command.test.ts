import { describe, expect, it } from 'vitest'
import type { CliFlags } from '../../src/cli/flags.ts'
import { againOf } from '../../src/cli/retry-command.ts'

const FLAGS: CliFlags = {
  ...{ inventory: 'prod', project: '.', check: false, limit: [], tags: [], forks: 25, var: [] },
  ...{ json: true, showScript: true, verbose: 2, askBecomePassword: false, yes: false },
}

const same = (text: string): string => text

describe('againOf', () => {
  it('is the command without what is only about how it looks', () => {
    expect(againOf(FLAGS, same)).toEqual({ command: 'provision --inventory prod', limit: '' })
  })

  it('has everything that says what is done, as a shell takes it', () => {
    const flags = {
      ...{
        ...FLAGS,
        project: '../my shop',
        tier: ['app'],
        to: '1.4',
        switchoverTo: 'db2',
        tags: ['nginx', 'app'],
        forks: 3,
        yes: true,
      },
      ...{ var: ['app_env={ A: "b" }', 'on=true'], limit: ['web', '!web3'], askBecomePassword: true },
    }
    expect(againOf(flags, same, 'rollback')).toEqual({
      command:
        "provision rollback --inventory prod --project '../my shop' --tier app --to 1.4 --switchover-to db2 --tags nginx --tags app" +
        ` --var 'app_env={ A: "b" }' --var 'on=true' --forks 3 --yes --ask-become-password`,
      limit: "--limit web --limit '!web3'",
    })
    expect(againOf({ ...FLAGS, tier: ['db'], to: 'db2', primaryLost: true }, same, 'switchover').command).toBe(
      'provision switchover --inventory prod --tier db --to db2 --primary-lost',
    )
  })

  it('has no secret that a --var brought, quotes in it or not', () => {
    const mask = (text: string) => text.replaceAll("it's", '‹secret›')
    expect(againOf({ ...FLAGS, var: ["db_password=it's"] }, mask).command).toBe(
      "provision --inventory prod --var 'db_password=‹secret›'",
    )
  })
})
