import { expect, test } from 'vitest'
import { lostSecrets } from '../../src/catalog/lost-secrets.ts'
import { secret, type Text } from '../../src/masking/secret.ts'
import { file } from '../../src/resources/file.ts'
import { hostNamed } from './host-fixture.ts'

const compiled = (content: Text) => [{ ...file({ path: '/etc/x', content }), key: 'file:/etc/x', role: 'r' }]

test('a role that put the mask of a secret into a text is told, before a host gets the mask', () => {
  const token = secret('t0ken')
  expect(lostSecrets(compiled(`token=${token}\n`), hostNamed('h'))[0]?.message).toBe(
    "role 'r' on h: file:/etc/x holds ‹secret› where a secret was meant",
  )
  expect(lostSecrets(compiled(['token=', token, '\n']), hostNamed('h'))).toEqual([])
})
