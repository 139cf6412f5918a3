import { describe, expectTypeOf, test } from 'vitest'
import { defineRole, type Role, type VarsOf } from '../../src/catalog/role.ts'
import type { Secret } from '../../src/masking/secret.ts'

const role = defineRole({
  name: 'typed',
  description: 'A role for its types.',
  vars: {
    port: { type: 'integer', description: 'd', default: 80 },
    name: { type: 'string', description: 'd' },
    label: { type: 'string', description: 'd', optional: true },
    password: { type: 'string', description: 'd', secret: true },
    level: { enum: ['low', 'high'], description: 'd', default: 'low' },
    sites: {
      type: 'array',
      description: 'd',
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['host'],
        properties: {
          host: { type: 'string' },
          listen: { type: 'integer', default: 80 },
          key: { type: 'string', secret: true },
        },
      },
    },
    sysctl: { type: 'object', description: 'd', default: {}, additionalProperties: { type: ['string', 'integer'] } },
  },
  resources({ vars }) {
    expectTypeOf(vars.port).toEqualTypeOf<number>()
    expectTypeOf(vars.name).toEqualTypeOf<string>()
    expectTypeOf(vars.label).toEqualTypeOf<string | undefined>()
    expectTypeOf(vars.password).toExtend<Secret>()
    expectTypeOf(vars.level).toEqualTypeOf<'low' | 'high'>()
    expectTypeOf(vars.sites[0]?.host).toEqualTypeOf<string | undefined>()
    expectTypeOf(vars.sites.map((site) => site.listen)).toEqualTypeOf<number[]>()
    expectTypeOf(vars.sites[0]?.key).toEqualTypeOf<Secret | undefined>()
    expectTypeOf(vars.sysctl).toExtend<Record<string, string | number>>()
    // @ts-expect-error no such var
    void vars.prot
    return []
  },
})

describe('types of vars', () => {
  test('follow from the schemas', () => {
    type Vars = VarsOf<typeof role.vars>
    expectTypeOf<Vars['port']>().toEqualTypeOf<number>()
    expectTypeOf<Vars['label']>().toEqualTypeOf<string | undefined>()
  })

  test('a role of any vars is a Role', () => {
    expectTypeOf(role).toExtend<Role>()
  })
})
