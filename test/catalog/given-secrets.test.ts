import { describe, expect, test } from 'vitest'
import { encryptedHint } from '../../src/catalog/given-secrets.ts'
import type { Role, VarSchemas } from '../../src/catalog/role.ts'
import { roleVarsReader } from '../../src/catalog/role-vars.ts'
import type { Vars } from '../../src/inventory/inventory.ts'
import { isSecret, plainValue, secret } from '../../src/masking/secret.ts'
import { shown } from '../project-folder.ts'
import { hostNamed } from './host-fixture.ts'

const roleOf = (vars: VarSchemas): Role => ({ name: 'r', description: 'd', vars, resources: () => [] })
const ORIGINS = new Map([['/r_v', { file: 'all.sops.yml', line: 3, col: 1 }]])
const read = (schemas: VarSchemas, vars: Vars) => roleVarsReader().read(roleOf(schemas), hostNamed('h', vars, ORIGINS))

describe('a value from an encrypted file', () => {
  test.each([
    ['a pattern', { type: 'string', pattern: '^\\d+$', description: 'd' }],
    ['a choice', { enum: ['hunter', 'b'], description: 'd' }],
    ['a length', { type: 'string', maxLength: 3, description: 'd' }],
    ['a type', { type: 'integer', description: 'd' }],
    ['any of several', { anyOf: [{ type: 'integer' }, { const: 'x' }], description: 'd' }],
  ] as const)(
    'that fails %s is told with its line and never shown, though the schema says nothing of secrets',
    (_, schema) => {
      const { problems } = read({ r_v: schema }, { r_v: secret('hunter22') })
      expect(shown(problems).join()).toContain('all.sops.yml:3:1')
      expect(JSON.stringify(problems)).not.toContain('hunter22')
    },
  )

  test('is checked as the type that it has', () => {
    const schema = { type: 'integer', minimum: 1024, description: 'd', secret: true } as const
    expect(read({ r_v: schema }, { r_v: secret(3306) }).problems).toEqual([])
    const low = shown(read({ r_v: schema }, { r_v: secret(80) }).problems)
    expect(low).toEqual(['all.sops.yml:3:1 r_v must be >= 1024 (role r) [r_v] (d)'])
  })

  test('keeps its type behind the taint, in lists and mappings too', () => {
    const schema = { type: 'object', description: 'd', additionalProperties: { secret: true } } as const
    const { vars, problems } = read({ r_v: schema }, { r_v: { port: secret(1), on: secret(false), name: secret('n') } })
    expect(problems).toEqual([])
    const values = Object.values(Object(vars.r_v)).map((value) => (isSecret(value) ? plainValue(value) : 'plain'))
    expect(values).toEqual([1, false, 'n'])
  })

  test.each([
    ['number', { type: 'integer' }, 3306],
    ['boolean', { type: 'boolean' }, false],
  ] as const)('that is a %s, where the role wants to use it as one, is refused', (_, schema, value) => {
    const { problems } = read({ r_v: { ...schema, description: 'd' } }, { r_v: secret(value) })
    expect(shown(problems)).toEqual([
      "all.sops.yml:3:1 'r_v' is encrypted, but the role does not call it secret and needs its plain value (role r) [r_v] (write it into the plain file, or let the schema of the role say `secret: true`)",
    ])
  })

  test('over which the role itself stumbles is named, without its value', () => {
    const role = roleOf({ r_users: { type: 'array', description: 'd' } })
    const host = hostNamed('h', { r_users: [{ name: secret('hunter22') }], other: secret('x') }, ORIGINS)
    const stumbled = new TypeError('user.name.split is not a function')
    const hint = encryptedHint(role, host, stumbled)
    expect(hint).toMatch(/^encrypted are r_users\.0\.name: /)
    expect(hint).not.toContain('hunter22')
    expect(encryptedHint(role, host, new RangeError(`"${secret('hunter22')}" is not the name of a package`))).toBe(hint)
    expect(encryptedHint(role, hostNamed('h', {}, ORIGINS), stumbled)).toBeUndefined()
  })

  test('C43: is not named where the role stumbles over something else', () => {
    const role = roleOf({ r_users: { type: 'array', description: 'd' } })
    const host = hostNamed('h', { r_users: [{ name: secret('hunter22') }] }, ORIGINS)
    for (const error of [
      new TypeError('(0 , _provision.comand) is not a function'),
      new TypeError("Cannot read properties of undefined (reading 'name')"),
      new Error('name'),
    ]) {
      expect(encryptedHint(role, host, error)).toBeUndefined()
    }
  })
})
