import { userInfo } from 'node:os'
import { describe, expect, it } from 'vitest'
import { secret } from '../../../src/masking/secret.ts'
import { groupKind } from '../../../src/resources/group.ts'
import { type User, type UserState, userKind } from '../../../src/resources/user/user.ts'
import { dash } from '../../shell/dash.ts'
import { foundHere, own, scriptOf } from '../answers.ts'

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
    expect(scriptOf(userKind, [desired]).sh).not.toContain('$6$salt')
    expect(JSON.stringify(change)).not.toContain('salt')
  })

  it('and a group are failed by an answer that is cut short', () => {
    expect(() => userKind.parse(own('passwd ann:1:1:'), [{ name: 'ann' }])).toThrow('cut short')
    expect(() => groupKind.parse(own('group ann:1'), [{ name: 'ann' }])).toThrow('cut short')
  })
})

const ANN: UserState = {
  ...{ uid: 1001, group: 'ann', gid: 1001, groups: [], home: '/home/ann', shell: '/bin/bash', comment: '' },
  ...{ passwordSha256: undefined, locked: false, hasHome: true },
}
const base64 = (text: string) => Buffer.from(text).toString('base64')
/** What a host answers of ann, who runs these, each as `control group name`. */
const answer = (...processes: string[]) =>
  [
    'login deploy',
    `passwd ann:1001:1001:${base64(':/home/ann:/bin/bash')}`,
    'home ann',
    ...processes.map((text, i) => `process ${800 + i}:1001,1001,1001:${base64(text)}`),
    'end',
  ].join('\n')
const SESSION = '/user.slice/user-1001.slice/session-3.scope bash'
const MANAGER = '/user.slice/user-1001.slice/user@1001.service/init.scope systemd'
const SERVICE = '/system.slice/shop.service node 20'
const obstacle = (desired: User, ...processes: string[]) =>
  userKind.obstacles?.(own(answer(...processes)), [desired]).get('ann')
const notes = (desired: User, ...processes: string[]) =>
  userKind.notes?.(desired, userKind.parse(own(answer(...processes)), [desired]).get('ann') as UserState)

describe('C14: a user who goes', () => {
  const gone: User = { name: 'ann', state: 'absent' }

  it('has what runs in a login ended, and it is named in the plan', () => {
    expect(obstacle(gone, SESSION, MANAGER)).toBeUndefined()
    expect(notes(gone, SESSION, MANAGER)?.[0]).toBe('what runs as it is ended: bash (800), systemd (801)')
  })

  it('is refused in the plan while a service of the system runs as it', () => {
    expect(obstacle(gone, SESSION, SERVICE)).toEqual({
      message: "ann can't be removed while it runs node 20 (801) of shop.service",
      hint: "declare before it: service({ name: 'shop.service', state: 'stopped' })",
    })
  })

  it('loses its access first, and is removed last', () => {
    const change = userKind.diff(gone, ANN)
    const script = change ? userKind.apply([change]).sh : ''
    const order = ['usermod -L -e 1970-01-02 -- ann', 'kill -TERM', 'kill -KILL', 'userdel  -- ann'].map((text) =>
      script.indexOf(text),
    )
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order[0]).toBeGreaterThan(0)
  })

  it('is never the one that provision logs in as: refused in the plan', () => {
    const login = { ...ANN, isLogin: true } as const
    for (const one of [{ state: 'absent' }, { locked: true }, { shell: '/usr/sbin/nologin' }] as const) {
      expect(() => userKind.diff({ name: 'ann', ...one }, login)).toThrow('provision logs in as ann')
    }
    expect(userKind.diff({ name: 'ann', shell: '/bin/sh' }, login)?.fields).toHaveLength(1)
  })
})

it('C58: a leaver: the plan says what of the account stays, unless it is taken along', () => {
  const stays = notes({ name: 'ann', state: 'absent' })
  expect(stays).toEqual([expect.stringContaining('its home /home/ann stays and belongs to the number 1001')])
  expect(stays?.[0]).toContain('remove_home')
  expect(notes({ name: 'ann', state: 'absent', removeHome: true })).toEqual([])
})

describe('C28: an account that is there', () => {
  it('keeps its home, unless moveHome is said', () => {
    const desired = { name: 'ann', home: '/srv/ann' }
    expect(() => userKind.diff(desired, ANN)).toThrow('the home of ann is /home/ann, not /srv/ann')
    const change = userKind.diff({ ...desired, moveHome: true }, ANN)
    expect(change?.fields).toEqual([{ field: 'home', from: '/home/ann', to: '/srv/ann' }])
    expect(change && userKind.apply([change]).sh).toContain('usermod -d /srv/ann -m -- ann')
    const shell = userKind.diff({ name: 'ann', home: '/home/ann', shell: '/bin/sh' }, ANN)
    expect(shell && userKind.apply([shell]).sh).toContain('usermod -s /bin/sh -- ann')
  })

  it('keeps all with createOnly, and the plan says what differs', () => {
    const desired: User = { name: 'ann', createOnly: true, system: true, home: '/srv/shop', shell: '/usr/sbin/nologin' }
    expect(userKind.diff(desired, ANN)).toBeUndefined()
    expect(notes(desired)).toEqual([
      'the account was there before and stays as it is: home /home/ann, not /srv/shop; shell /bin/bash, not /usr/sbin/nologin',
    ])
    expect(notes({ name: 'ann', createOnly: true, home: '/home/ann' })).toEqual([])
    expect(userKind.diff(desired, 'absent')?.action).toBe('create')
  })
})

describe('C30: an account that is at work', () => {
  it('is refused another number or home in the plan', () => {
    const hint = (desired: Partial<User>, ...processes: string[]) => obstacle({ name: 'ann', ...desired }, ...processes)
    expect(hint({ uid: 7 }, SERVICE)?.message).toContain(
      'another number or home while it runs node 20 (800) of shop.service',
    )
    expect(hint({ home: '/srv/a', moveHome: true }, SESSION)?.hint).toBe('end them first, or wait until they are over')
    expect(hint({ shell: '/bin/sh' })).toBeUndefined()
  })

  it('is found by its number, whatever name the process has', () => {
    const { username, uid } = userInfo()
    const desired = [{ name: username, uid: uid + 4242 }]
    // Some are enough for people; as root there are many.
    const all = scriptOf(userKind, desired).sh.replace('head -n 50', 'cat')
    const state = userKind.parse(own(dash(all).stdout), desired).get(username) as UserState
    expect(state.processes?.map(({ pid }) => pid)).toContain(process.pid)
    // Where nothing is to change nobody is asked.
    const same = [{ name: username, uid }]
    expect(foundHere(userKind, same).get(username)).not.toHaveProperty('processes')
  })
})
