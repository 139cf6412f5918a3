import { describe, expect, test } from 'vitest'
import { listenerProblems, managementListener, parseSocket } from '../../src/catalog/listeners.ts'
import type { Listener } from '../../src/catalog/role.ts'

const host = { origins: new Map([['/b_port', { file: 'group_vars/all.yml', line: 3, col: 1 }]]) }

const listener = (program: string, socket: string, more: Partial<Listener> = {}): Listener => ({
  ...{ by: program, program, at: [`${program}_port`] },
  ...parseSocket(socket),
  ...more,
})

describe('listenerProblems', () => {
  test.each<[string, string, boolean]>([
    [':80', ':80', true],
    [':80', '0.0.0.0:80', true],
    [':80', '[::]:80', true],
    [':80', '192.0.2.1:80', true],
    ['0.0.0.0:80', '192.0.2.1:80', true],
    ['[::]:80', '[2001:db8::1]:80', true],
    ['[2001:DB8:0::1]:80', '[2001:db8::1]:80', true],
    ['0.0.0.0:80', '[::]:80', false],
    ['192.0.2.1:80', '192.0.2.2:80', false],
    [':80', ':81', false],
    // What a name stands for is known on the host only.
    ['web1.example.org:80', ':80', false],
  ])('C04: %s and %s of two programs: %s', (a, b, clash) => {
    expect(listenerProblems([listener('a', a), listener('b', b)], host)).toHaveLength(clash ? 1 : 0)
  })

  test('one program tells its own address from all of them, another can not', () => {
    expect(listenerProblems([listener('a', ':80'), listener('a', '192.0.2.1:80')], host)).toEqual([])
    expect(listenerProblems([listener('a', ':80'), listener('a', ':80', { iface: 'eth1' })], host)).toEqual([])
    expect(listenerProblems([listener('a', ':80'), listener('b', ':80', { iface: 'eth1' })], host)).toHaveLength(1)
  })

  test('says who, where and what to do, with file and line', () => {
    const [problem, ...more] = listenerProblems([listener('a', ':80'), listener('b', ':80')], host)
    expect(more).toEqual([])
    expect(problem).toEqual({
      message: 'a and b would both listen on port 80',
      origin: { file: 'group_vars/all.yml', line: 3, col: 1 },
      path: 'b_port',
      hint: 'a and b run on one host: give one of them another port, or addresses that differ',
    })
  })

  test('ranges meet at their ports', () => {
    const range = listener('a', ':1', { port: [8000, 8010] })
    expect(listenerProblems([range, listener('b', ':8010')], host)[0]?.message).toContain('port 8010')
    expect(listenerProblems([range, listener('b', ':8011')], host)).toEqual([])
  })

  test('of a service for the management network', () => {
    const facts = { addresses: { eth0: ['192.0.2.11'] } }
    expect(managementListener('x', { address: '192.0.2.11' }, facts, 9100, undefined)).toEqual([
      { by: 'x', program: 'x', address: '192.0.2.11', port: 9100, at: ['x_port'] },
    ])
    expect(managementListener('x', { address: 'web1.example.org' }, facts, 9100, undefined)[0]?.address).toBe('*')
  })
})
