import { describe, expect, it, test } from 'vitest'
import app from '../../roles/app/index.ts'
import base from '../../roles/base/index.ts'
import mysql from '../../roles/mysql/index.ts'
import type { Role, VarSchemas } from '../../src/catalog/role.ts'
import { roleVarsReader } from '../../src/catalog/role-vars.ts'
import { givenVars } from '../../src/inventory/given-vars.ts'
import { isMapping, mergeLevels } from '../../src/inventory/vars.ts'
import { parseYaml } from '../../src/inventory/yaml.ts'
import { isSecret, reveal, secret } from '../../src/masking/secret.ts'
import { shown } from '../project-folder.ts'
import { hostNamed } from './host-fixture.ts'

const roleOf = (vars: VarSchemas): Role => ({ name: 'r', description: 'd', vars, resources: () => [] })

/** Vars of a role as a file has them, under what was given with --var. */
const read = (role: Pick<Role, 'vars'>, text: string, given: readonly string[] = []) => {
  const { value, origins } = parseYaml(text, 'f.yml')
  const merged = mergeLevels([{ vars: isMapping(value) ? value : {}, origins }, givenVars(given).level])
  return roleVarsReader().read(roleOf(role.vars), hostNamed('h', merged.vars, merged.origins), { defaults: false })
}

describe('C07: where a role takes text, what was written arrives', () => {
  test('in the environment of an application', () => {
    const { vars, problems } = read(
      app,
      'app_env: { GIT_SHA: 7225e2, PIN: 0042, ACCOUNT: 12345678901234567890, RATE: 1.10, HALF: 0.5, HEX: 0xff, PORT: 80, AT: 1:30, ON: yes, DAY: 2024-01-02, DEBUG: true }',
    )
    expect(problems).toEqual([])
    expect(vars.app_env).toEqual({
      ...{ GIT_SHA: '7225e2', PIN: '0042', ACCOUNT: '12345678901234567890', RATE: '1.10', HALF: '0.5', HEX: '0xff' },
      ...{ PORT: 80, AT: '1:30', ON: 'yes', DAY: '2024-01-02', DEBUG: true },
    })
  })

  test('in kernel settings, of lists too, and in options of a server', () => {
    const kernel = read(base, 'sysctl: { fs.file-max: 9223372036854775807, a.b: 1 }\nssh_options: { X: [007, 7, a] }')
    expect(kernel.vars).toMatchObject({ sysctl: { 'fs.file-max': '9223372036854775807', 'a.b': 1 } })
    expect(kernel.vars.ssh_options).toEqual({ X: ['007', 7, 'a'] })
    const server = read(
      mysql,
      'mysql_options: { long_query_time: 1.50, max_connections: 500, a: 18446744073709551615 }',
    )
    expect(server.vars.mysql_options).toEqual({
      ...{ long_query_time: '1.50', max_connections: 500, a: '18446744073709551615' },
    })
    expect([...kernel.problems, ...server.problems]).toEqual([])
  })

  const version = { type: 'string', description: 'Version.' } as const
  const mode = { type: 'string', pattern: '^0?[0-7]{3}$', description: 'Mode.' } as const

  test('where it takes nothing else: a version, a mode, whichever way it came', () => {
    const role = { vars: { r_version: version, r_mode: mode } }
    const expected = { r_version: '8.10', r_mode: '0644' }
    expect(read(role, 'r_version: 8.10\nr_mode: 0644').vars).toEqual(expected)
    expect(read(role, 'r_version: 8.4\nr_mode: 0600', ['r_version=8.10', 'r_mode=0644']).vars).toEqual(expected)
    expect(read(role, 'r_version: 8\nr_mode: 755').vars).toEqual({ r_version: '8', r_mode: '755' })
    expect(shown(read(role, 'r_version: 8.10\nr_mode: 0888').problems)).toEqual([
      'f.yml:2:1 r_mode is "0888": not valid (role r) [r_mode] (Mode.)',
    ])
  })

  test('through anchors, merge keys and what lies above', () => {
    const role = { vars: { r_env: { type: 'object', description: 'd', additionalProperties: version } } } as const
    const text = 'base: &base { A: 0042, B: 1.10 }\nr_env: { <<: *base, B: 1.20, C: &c 1e3, D: *c }'
    expect(read(role, text).vars.r_env).toEqual({ A: '0042', B: '1.20', C: '1e3', D: '1e3' })
  })

  test('as a branch of several', () => {
    const either = { anyOf: [{ type: 'integer' }, version], description: 'd' } as const
    expect(read({ vars: { r_x: either } }, 'r_x: 0042').vars).toEqual({ r_x: '0042' })
    expect(read({ vars: { r_x: either } }, 'r_x: 42').vars).toEqual({ r_x: 42 })
  })

  it('and stays a secret where it is one', () => {
    const role = { vars: { r_pin: { ...version, secret: true } } }
    const { vars, problems } = read(role, 'r_pin: 0042')
    expect(problems).toEqual([])
    expect(isSecret(vars.r_pin) && reveal(vars.r_pin)).toBe('0042')
    expect(JSON.stringify(read({ vars: { r_pin: { ...mode, secret: true } } }, 'r_pin: 98765').problems)).not.toContain(
      '987',
    )
    const sealed = roleVarsReader().read(roleOf({ r_version: version }), hostNamed('h', { r_version: secret(8) }))
    expect(sealed.problems).toEqual([])
    expect(isSecret(sealed.vars.r_version) && reveal(sealed.vars.r_version)).toBe('8')
  })
})

describe('C07: where a role takes no text', () => {
  const count = { type: 'integer', description: 'Count.' } as const

  test('a number is one, and digits that it can not keep are an error', () => {
    const role = { vars: { r_count: count, r_rate: { type: 'number', description: 'Rate.' } } } as const
    expect(read(role, 'r_count: 42\nr_rate: 1.10').vars).toEqual({ r_count: 42, r_rate: 1.1 })
    expect(shown(read(role, 'r_count: 12345678901234567890').problems)).toEqual([
      'f.yml:1:1 r_count has more digits than a number keeps (role r) [r_count] (whole numbers go up to 9007199254740991)',
    ])
  })

  test('what reads as true or false is to be quoted', () => {
    const role = { vars: { r_answer: { type: 'string', description: 'Answer.' } } } as const
    expect(shown(read(role, 'r_answer: true').problems)).toEqual([
      'f.yml:1:1 r_answer is true or false, must be a string (role r) [r_answer] (quote it, to have it as text)',
    ])
  })
})
