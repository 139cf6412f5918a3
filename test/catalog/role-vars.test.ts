import { describe, expect, test } from 'vitest'
import type { Role, VarSchemas } from '../../src/catalog/role.ts'
import { roleVarsReader } from '../../src/catalog/role-vars.ts'
import type { Vars } from '../../src/inventory/inventory.ts'
import { isSecret, reveal, secret } from '../../src/masking/secret.ts'
import { shown } from '../project-folder.ts'
import { hostNamed } from './host-fixture.ts'

const roleOf = (vars: VarSchemas): Role => ({ name: 'r', description: 'd', vars, resources: () => [] })
const read = (schemas: VarSchemas, vars: Vars) => roleVarsReader().read(roleOf(schemas), hostNamed('h', vars))

describe('vars of a role', () => {
  test.each([
    ['pattern', { type: 'string', pattern: '^\\d+$', description: 'Pin.', secret: true }],
    ['enum', { enum: ['a', 'b'], description: 'Pin.', secret: true }],
    ['length', { type: 'string', maxLength: 3, description: 'Pin.', secret: true }],
  ] as const)('a secret that fails its %s is not shown', (_, schema) => {
    const { problems } = read({ pin: schema }, { pin: 'hunter22' })
    expect(problems).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toContain('hunter22')
  })

  test('a number may be a secret; a schema may call a value secret anywhere', () => {
    const { vars, problems } = read(
      {
        r_users: {
          type: 'object',
          description: 'Users.',
          additionalProperties: { type: 'object', properties: { pin: { type: ['integer', 'string'], secret: true } } },
        },
      },
      { r_users: { app: { pin: 1234 } } },
    )
    expect(problems).toEqual([])
    expect(JSON.stringify(vars)).toBe('{"r_users":{"app":{"pin":"‹secret›"}}}')
  })

  test('what came as a secret stays one, and is checked as what it is', () => {
    const schemas: VarSchemas = {
      r_env: { type: 'object', description: 'd', additionalProperties: { type: 'string' } },
    }
    const { vars, problems } = read(schemas, { r_env: { TOKEN: secret('t0ken'), PLAIN: 'x' } })
    expect(problems).toEqual([])
    const env = Object(vars.r_env)
    expect(isSecret(env.TOKEN) && reveal(env.TOKEN)).toBe('t0ken')
    expect(env.PLAIN).toBe('x')
  })

  test('the host keeps its own vars as they were', () => {
    const host = hostNamed('h', { r_list: [{ a: 1 }] })
    const reader = roleVarsReader()
    const item = { type: 'object', properties: { b: { type: 'integer', default: 2 } } } as const
    const role = roleOf({ r_list: { type: 'array', description: 'd', items: item } })
    expect(reader.read(role, host).vars).toEqual({ r_list: [{ a: 1, b: 2 }] })
    expect(host.vars).toEqual({ r_list: [{ a: 1 }] })
  })

  test('anyOf is one problem, not one for each branch', () => {
    const schema = { anyOf: [{ type: 'integer' }, { type: 'boolean' }], description: 'Number or switch.' } as const
    expect(shown(read({ r_x: schema }, { r_x: 'y' }).problems)).toEqual([
      'r_x is "y": not valid (role r) [r_x] (Number or switch.)',
    ])
  })

  test('a schema that is not valid is a problem of the role', () => {
    const broken: VarSchemas = JSON.parse('{"r_x":{"type":"strng","description":"d"}}')
    expect(roleVarsReader().schemaProblem(roleOf(broken))?.message).toMatch(
      /^role 'r': the schema of its vars is not valid: /,
    )
  })
})
