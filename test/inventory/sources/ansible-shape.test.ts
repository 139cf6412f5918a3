import { describe, expect, test } from 'vitest'
import { connectionOfAnsible } from '../../../src/inventory/sources/ansible-connection.ts'
import { fromAnsible, isAnsibleShaped } from '../../../src/inventory/sources/ansible-shape.ts'
import { isForeign } from '../../../src/inventory/sources/foreign.ts'

/** As `ansible-inventory --list --export` prints it. */
const LISTED = {
  _meta: {
    hostvars: {
      eu1: { ansible_host: '192.0.2.11', ansible_port: '2222', nginx_ipv6: false, rack: 'a1' },
      'db1.example.org': { ansible_user: 'admin', ansible_python_interpreter: '/usr/bin/python3' },
    },
  },
  all: { children: ['ungrouped', 'prod', 'eu'], vars: { ansible_user: 'deploy', ntp: 'a' } },
  prod: { children: ['web', 'databases'] },
  web: { children: ['web_eu'], vars: { ansible_become: true } },
  web_eu: { hosts: ['eu1'], vars: { zone: 'eu' } },
  databases: { children: ['db'] },
  db: { hosts: ['db1.example.org'] },
  eu: { hosts: ['eu1', 'db1.example.org'], vars: { ansible_ssh_private_key_file: '~/.ssh/eu' } },
}

describe('what ansible-inventory prints', () => {
  const { value, origins, problems } = fromAnsible(LISTED, 'hosts', ['web', 'db'])

  test('has tiers by the names of groups; all other groups are groups', () => {
    expect(problems).toEqual([])
    expect(value).toEqual({
      connection: { user: 'deploy' },
      vars: { ntp: 'a' },
      groups: {
        prod: { hosts: [], groups: ['web', 'databases'] },
        web_eu: { vars: { zone: 'eu' }, hosts: ['eu1'], groups: [] },
        databases: { hosts: [], groups: ['db'] },
        eu: { connection: { identity_file: '~/.ssh/eu' }, hosts: ['eu1', 'db1.example.org'], groups: [] },
      },
      tiers: {
        web: {
          connection: { become: 'sudo' },
          hosts: {
            eu1: { address: '192.0.2.11', connection: { port: 2222 }, vars: { nginx_ipv6: false, rack: 'a1' } },
          },
        },
        db: {
          hosts: { 'db1.example.org': { address: 'db1.example.org', connection: { user: 'admin' }, vars: {} } },
        },
      },
    })
  })

  test.each([
    ['/tiers/web/hosts/eu1', 'hosts: eu1'],
    ['/tiers/web/hosts/eu1/vars/rack', 'hosts: eu1.rack'],
    ['/tiers/web/hosts/eu1/connection/port', 'hosts: eu1.ansible_port'],
    ['/groups/web_eu/vars/zone', 'hosts: web_eu.vars.zone'],
    ['/groups/eu/connection/identity_file', 'hosts: eu.vars.ansible_ssh_private_key_file'],
    ['/vars/ntp', 'hosts: all.vars.ntp'],
    ['/connection/user', 'hosts: all.vars.ansible_user'],
  ])('%s is told as %s', (pointer, place) => {
    expect(origins.get(pointer)).toMatchObject({ file: place, line: 0 })
    expect(isForeign(origins.get(pointer))).toBe(true)
  })

  test('puts each host into one tier, or says why not', () => {
    const data = { web: ['a', 'b'], db: { hosts: ['b'] }, x: { hosts: ['c'] }, _meta: { hostvars: {} } }
    expect(fromAnsible(data, 'hosts', ['web', 'db']).problems.map(({ message }) => message)).toEqual([
      "host 'b' is in two groups that are tiers: web and db",
      "host 'c' is in no group that is a tier",
    ])
  })

  test('ends where groups are in one another in a circle', () => {
    const data = { web: { children: ['a'] }, a: { children: ['web'], hosts: ['x'] }, _meta: { hostvars: {} } }
    expect(fromAnsible(data, 'hosts', ['web']).value).toMatchObject({ tiers: { web: { hosts: { x: {} } } } })
  })

  test('of a script that has no _meta is not taken for hosts without vars', () => {
    expect(fromAnsible({ web: ['a'] }, 'hosts', ['web']).problems).toMatchObject([
      { message: expect.stringContaining("no '_meta'") },
    ])
  })

  test.each([
    [{ _meta: {} }, true],
    [{ web: { hosts: [] } }, true],
    [{ web: ['a'] }, true],
    [{ tiers: { web: { hosts: {} } } }, false],
    [{ tiers: {}, connection: {} }, false],
    [{}, false],
    [[], false],
    [null, false],
  ])('%j is one: %s', (data, expected) => {
    expect(isAnsibleShaped(data)).toBe(expected)
  })
})

describe("Ansible's own vars", () => {
  test.each([
    [
      { ansible_ssh_host: 'h', ansible_ssh_user: 'u', ansible_ssh_port: 22 },
      { user: 'u', port: 22 },
    ],
    [{ ansible_connection: 'local' }, { transport: 'local' }],
    [{ ansible_connection: 'ssh' }, {}],
    [{ ansible_become: 'no' }, { become: 'none' }],
    [{ ansible_become: 'yes', ansible_become_method: 'sudo', ansible_become_user: 'root' }, { become: 'sudo' }],
    [{ ansible_ssh_common_args: '-o StrictHostKeyChecking=no' }, { host_key_checking: 'accept-new' }],
    [{ ansible_ssh_extra_args: '-o ControlMaster=auto -oControlPersist=60s -C' }, {}],
    [{ ansible_ssh_common_args: '-o ProxyJump=ops@bastion' }, { proxy_jump: 'ops@bastion' }],
    [{ ansible_ssh_common_args: '-J bastion -o ControlMaster=auto' }, { proxy_jump: 'bastion' }],
    [{ ansible_user: null }, {}],
  ])('%j', (vars, expected) => {
    const { settings, problems } = connectionOfAnsible(vars)
    expect(problems).toEqual([])
    expect(Object.fromEntries(settings.map(({ key, value }) => [key, value]))).toEqual(expected)
  })

  test.each([
    [{ ansible_connection: 'winrm' }, "hosts are reached by ssh, not by 'winrm'"],
    [{ ansible_become_method: 'su' }, "root is reached by sudo, not 'su'"],
    [{ ansible_become_user: 'postgres' }, "roles act as root, not 'postgres'"],
    [{ ansible_become_pass: 'hunter22' }, 'passwords are not taken from an inventory'],
    [{ ansible_ssh_common_args: '-o ProxyCommand="ssh -W %h:%p b"' }, 'options of ssh are not taken from here'],
  ])('%j is refused, and what is secret is not shown', (vars, message) => {
    const { problems } = connectionOfAnsible(vars)
    expect(problems.map((one) => one.message)).toEqual([expect.stringContaining(message)])
    expect(JSON.stringify(problems)).not.toContain('hunter22')
  })
})
