import { expect, it } from 'vitest'
import { allowFrom, ufwRule } from '../../../src/resources/ufw/ufw.ts'

const RULE = { port: 9100, comment: 'metrics' }

it('lets each address in once', () => {
  const [rule, ...more] = allowFrom(['192.0.2.1', '192.0.2.2', '192.0.2.1'], RULE)
  const wanted = ufwRule({ action: 'allow', proto: 'tcp', from: ['192.0.2.1', '192.0.2.2'], ...RULE })
  expect(rule?.desired).toEqual(wanted.desired)
  expect(more).toEqual([])
})

it('lets nobody in where there is no address', () => {
  expect(allowFrom([], RULE)).toEqual([])
})
