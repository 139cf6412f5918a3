import { describe, expect, it } from 'vitest'
import { constructorOf } from '../../src/resources/constructor.ts'
import type { ResourceKind } from '../../src/resources/resource.ts'
import { rawScript } from '../../src/shell/script.ts'

const kindOf = (kind: string, asks: Partial<ResourceKind<object>> = { reads: () => ({}) }): ResourceKind<object> => ({
  kind,
  key: () => 'one',
  ...asks,
  parse: () => new Map(),
  diff: () => undefined,
  apply: () => rawScript(':'),
})

describe('a constructor', () => {
  it.each(['', 'Cron', 'cron job', 'cron.files', 'a\nb', 'provision'])(
    'is not made for a kind that is named %j',
    (name) => {
      expect(() => constructorOf(kindOf(name))).toThrow("can't be the name of a kind")
    },
  )

  it('is not made for a kind that asks nothing', () => {
    expect(() => constructorOf(kindOf('cron', {}))).toThrow(
      'the kind cron asks nothing of a host: give it reads or probe',
    )
  })

  it('is made for one that reads, and for one that has a script', () => {
    expect(constructorOf(kindOf('cron-job'))({}).kind.kind).toBe('cron-job')
    expect(constructorOf(kindOf('cron', { probe: () => rawScript(':') }))({}).problems).toBeUndefined()
  })
})
