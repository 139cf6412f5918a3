import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { secret } from '../../src/masking/secret.ts'
import { createRenderer } from '../../src/render/index.ts'
import { RUNS } from '../fixtures/events.ts'
import { collecting } from './collect.ts'

const json = async (events: readonly Event[]): Promise<{ text: string; values: unknown[] }> => {
  const { options, text } = collecting()
  const renderer = await createRenderer('json', options)
  for (const event of events) renderer.event(event)
  await renderer.finish()
  const lines = text().split('\n')
  expect(lines.pop()).toBe('')
  return { text: text(), values: lines.map((one) => JSON.parse(one)) }
}

describe('the JSON renderer', () => {
  it('begins with a header that names its version', async () => {
    expect((await json([])).values).toEqual([{ type: 'header', format: 'provision-events', version: 1 }])
  })

  it.each(Object.entries(RUNS))('writes one event per line, whole: %s', async (_, events) => {
    const { values } = await json(events())
    // toStrictEqual tells a missing field from an undefined one: nothing was lost on the way.
    expect(values.slice(1)).toStrictEqual(events())
  })

  it('writes of thousands of hosts in pieces, between which others have their turn, and one event after the other', async () => {
    const { options, text } = collecting()
    const renderer = await createRenderer('json', options)
    const hosts = Array.from({ length: 20_000 }, (_, i) => ({ name: `host-${i}-\u009b`, tier: 'web' }))
    const events: Event[] = [
      { type: 'run-started', inventory: 'prod', check: false, hosts },
      { type: 'warning', message: 'told after it' },
    ]
    for (const event of events) renderer.event(event)
    // Not all of it at once.
    expect(text()).not.toContain('told after it')
    await renderer.finish()
    const lines = text().split('\n')
    expect(lines.slice(1, -1).map((one) => JSON.parse(one))).toEqual(events)
    expect(text()).not.toContain('\u009b')
  })

  it('shows a secret that got into an event as a mask, and no raw control character', async () => {
    const { text } = await json([
      { type: 'warning', message: `password ${secret('hunter2')}`, hint: '\u001b[31m \u009b31m' },
    ])
    expect(text).not.toContain('hunter2')
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    expect(JSON.parse(text.split('\n')[1] ?? '')).toMatchObject({ hint: '\u001b[31m \u009b31m' })
  })
})
