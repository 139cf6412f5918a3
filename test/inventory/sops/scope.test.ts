import { describe, expect, it } from 'vitest'
import { goPattern, scopeOf } from '../../../src/inventory/sops/scope.ts'

describe('C62: a pattern as sops itself reads it', () => {
  it.each([
    ['^[[:alpha:]]+$', ['password'], ['pass1', '']],
    ['^api\\-(key|token)$', ['api-key', 'api-token'], ['api_key']],
    ['^(?P<kind>db|redis)_password$', ['db_password'], ['db_user']],
    ['\\A(data|stringData)\\z', ['data', 'stringData'], ['metadata', 'data\n']],
    ['(?i)^SECRET', ['secret_key', 'SECRET'], ['my_secret']],
    ['\\Q.key\\E$', ['tls.key'], ['tlsxkey']],
    ['^\\pL+$', ['größe'], ['a1']],
  ])('%s', (pattern, matching, others) => {
    const scope = scopeOf({ rule: { kind: 'encrypted_regex', text: pattern } })
    for (const key of matching) expect(scope([key]), key).toBe(true)
    for (const key of others) expect(scope([key]), key).toBe(false)
  })

  it.each(['(a', '(?=a)', '[[:nonsense:]]'])('%s is refused, as sops refuses it', (pattern) => {
    expect(() => goPattern(pattern)).toThrow('error parsing regexp')
  })
})
