import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import base from '../../../roles/base/index.ts'
import { authorizedKeyKind } from '../../../src/resources/authorized-key/authorized-key.ts'
import { rawScript } from '../../../src/shell/script.ts'
import { compiled } from '../../roles/compiled.ts'
import { dash } from '../../shell/dash.ts'
import { own, scriptOf } from '../answers.ts'

const blobOf = (fill: number): string => {
  const type = Buffer.from('ssh-ed25519')
  return Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.alloc(32, fill)]).toString('base64')
}

describe('C25: where sshd looks', () => {
  const KEY = `ssh-ed25519 ${blobOf(0)}`
  const { username, homedir, uid } = userInfo()
  /** Probe and parse on this machine, with an sshd that says this (undefined: nobody configured anything). */
  const places = (says: string | undefined, file?: string) => {
    const desired = [{ user: username, keys: [KEY], exclusive: true, ...(file !== undefined && { file }) }]
    const stand = rawScript(
      [
        says === undefined ? 'grep() { :; }' : 'grep() { echo AuthorizedKeysFile x; }',
        `sshd() { ${says === '' ? 'return 1' : `printf '%s\\n' 'Port 22' '${says}'`}; }`,
        scriptOf(authorizedKeyKind, desired).sh,
      ].join('\n'),
    )
    const state = authorizedKeyKind.parse(own(dash(stand).stdout), desired).get(username)
    return { desired: desired[0], state }
  }

  it('is asked of sshd where something is configured, and not where nothing is', () => {
    const told = (...args: Parameters<typeof places>) => {
      const { state } = places(...args)
      return typeof state === 'object' ? state.places : state
    }
    expect(told('authorizedkeysfile /etc/ssh/keys/%u .ssh/x')).toEqual([
      `/etc/ssh/keys/${username}`,
      `${homedir}/.ssh/x`,
    ])
    expect(told('AuthorizedKeysFile %h/keys-%U-100%%')).toEqual([`${homedir}/keys-${uid}-100%`])
    expect(told('authorizedkeysfile none')).toEqual(['none'])
    expect(told('authorizedkeysfile /keys/%k')).toEqual(['?'])
    expect(told('')).toEqual(['?'])
    expect(told('authorizedkeysfile /etc/x', '/srv/keys/%u')).toEqual([`/srv/keys/${username}`])
    const { state } = places(undefined)
    expect(typeof state === 'object' ? state.places : undefined).toBeUndefined()
  })

  it('is refused in the plan where nothing that is written would count', () => {
    const diff = (says: string) => {
      const { desired, state } = places(says)
      if (!desired || state === undefined || state === 'unknown') throw new Error('no state')
      return authorizedKeyKind.diff(desired, state)
    }
    expect(() => diff('authorizedkeysfile none')).toThrow('AuthorizedKeysFile is none')
    expect(() => diff('')).toThrow('it is not known where sshd looks')
    expect(diff('authorizedkeysfile /nonexistent/keys/%u')?.action).toBe('create')
    for (const file of ['none', '', '/keys/%k', '/keys/*']) {
      expect(() => authorizedKeyKind.key({ user: 'ann', keys: [KEY], file }), file).toThrow(
        'gives no place for the keys',
      )
    }
  })

  it('is told by the role where its ssh_options say it', async () => {
    const vars = { admin_users: [{ name: 'ada', keys: [KEY] }] }
    const fileOf = async (more: object) =>
      (await compiled(base, { vars: { ...vars, ...more } })).desired('authorized-key:ada')
    const ssh_options = { authorizedKeysFile: ['/etc/ssh/authorized_keys/%u', '.ssh/other'] }
    expect(await fileOf({ ssh_options })).toMatchObject({ file: '/etc/ssh/authorized_keys/%u' })
    expect(await fileOf({ ssh_options, ssh_manage: false })).not.toHaveProperty('file')
    expect(await fileOf({})).not.toHaveProperty('file')
  })

  it('a program that gives sshd further keys is told of where the list shall be exclusive', () => {
    const { desired, state } = places('authorizedkeyscommand /usr/bin/ldap-keys')
    if (!desired || state === undefined || state === 'unknown') throw new Error('no state')
    expect(authorizedKeyKind.notes?.(desired, state)).toEqual([expect.stringContaining('/usr/bin/ldap-keys')])
    expect(authorizedKeyKind.notes?.({ ...desired, exclusive: false }, state)).toEqual([])
  })
})
