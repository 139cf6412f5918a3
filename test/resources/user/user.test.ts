import { describe, expect, it } from 'vitest'
import { groupKind } from '../../../src/resources/group.ts'
import { type User, userKind } from '../../../src/resources/user/user.ts'
import { secret } from '../../../src/secret.ts'

describe('a user', () => {
  it.each<[string, User]>([
    ['no name for a user', { name: '1000' }],
    ['no name for a user', { name: '-x' }],
    ['no name for a user', { name: 'a b' }],
    ['no name for a group', { name: 'a', groups: ['x,y'] }],
    ['comment of a', { name: 'a', comment: 'x:0:0' }],
    ['comment of a', { name: 'a', comment: 'x\nroot::0:0' }],
    ['not an absolute path', { name: 'a', home: 'home/a' }],
    ['not an absolute path', { name: 'a', shell: 'sh' }],
    ['no hash', { name: 'a', passwordHash: secret('two words') }],
    ['no hash', { name: 'a', passwordHash: secret('$6$x:y') }],
    ['no hash', { name: 'a', passwordHash: secret('') }],
    ['root will not be removed', { name: 'root', state: 'absent' }],
  ])('%s: refused when it is declared', (message, desired) => {
    expect(() => userKind.key(desired)).toThrow(message)
  })

  it('has its hash in no script but as base64, which is masked', () => {
    const desired = { name: 'a', passwordHash: secret('$6$salt$hash') }
    const change = userKind.diff(desired, 'absent')
    expect(change && userKind.apply([change]).sh).toContain(Buffer.from('$6$salt$hash').toString('base64'))
    expect(change && userKind.apply([change]).sh).not.toContain('$6$salt')
    expect(userKind.probe([desired]).sh).not.toContain('$6$salt')
    expect(JSON.stringify(change)).not.toContain('salt')
  })

  it('and a group are failed by an answer that is cut short', () => {
    expect(() => userKind.parse('passwd ann:1:1:', [{ name: 'ann' }])).toThrow('cut short')
    expect(() => groupKind.parse('group ann:1', [{ name: 'ann' }])).toThrow('cut short')
  })
})
