import { expect, test } from 'vitest'
import type { Event } from '../../src/execute/events.ts'
import { createFold } from '../../src/records/fold.ts'
import { createListener } from '../../src/render/files/collect.ts'
import { jsonRenderer } from '../../src/render/json.ts'
import { plainRenderer } from '../../src/render/plain.ts'
import { shownPlans } from '../../src/render/shown-plans.ts'
import { treeRenderer } from '../../src/render/tree.ts'
import { item, plan } from '../fixtures/events.ts'
import { watched } from '../garbage.ts'
import { collecting } from './collect.ts'
import { fakeTerminal } from './screen.ts'

const HOSTS = Array.from({ length: 500 }, (_, i) => `web${i + 1}`)

interface Listener {
  event(event: Event): void
}

const terminal = (verbosity: number) => {
  const { out } = fakeTerminal(80, 24, { keepFrames: false })
  return treeRenderer({ err: out, color: false, columns: 80, diff: false, verbosity, out })
}
const LISTENERS: Readonly<Record<string, (verbosity: number) => Listener>> = {
  plain: (verbosity) => plainRenderer(collecting({ verbosity }).options),
  tree: terminal,
  json: () => jsonRenderer(collecting().options),
  record: () => createFold(),
  files: createListener,
}

/** Tells of so many hosts that are as declared, and of one that is not. */
function tell(listener: Listener) {
  const [unchanged, changing] = [watched(), watched()]
  const planned = (host: string, items: Parameters<typeof plan>[1]) =>
    listener.event({ type: 'host-planned', host, plan: plan(host, items), ms: 1 })
  listener.event({
    type: 'run-started',
    inventory: 'prod',
    check: true,
    hosts: [...HOSTS, 'db1'].map((name) => ({ name, tier: 'web' })),
  })
  const resources = (host: string) => ['a', 'b'].map((name) => item(`file:/etc/${host}/${name}`, 'none'))
  for (const host of HOSTS) {
    const items = resources(host)
    unchanged.add(...items)
    planned(host, items)
  }
  const [same, other] = [resources('db1'), [item('file:/etc/db1/c', 'update')]]
  unchanged.add(...same)
  changing.add(...other)
  planned('db1', [...same, ...other])
  return { unchanged, changing }
}

/** Those that show plans at the end, or as somebody asks for more. */
const SHOWING = ['plain', 'tree', 'files']

test.each(Object.entries(LISTENERS))(
  '%s holds nothing of 500 hosts that are as declared, nor what is as declared of others',
  async (name, make) => {
    const listener = make(0)
    const { unchanged, changing } = tell(listener)
    expect(unchanged.size).toBe(2 * HOSTS.length + 2)
    // Long events are written in pieces, and what comes after them waits.
    await expect.poll(() => unchanged.held(), { timeout: 30_000 }).toBe(0)
    expect(await changing.held()).toBe(SHOWING.includes(name) ? 1 : 0)
    listener.event({ type: 'input-errors', problems: [] })
  },
)

test.each(SHOWING)('%s holds all of it where all of it will be shown', async (name) => {
  const listener = LISTENERS[name]?.(2)
  if (!listener) throw new Error(`no ${name}`)
  expect(await tell(listener).unchanged.held()).toBe(2 * HOSTS.length + 2)
  listener.event({ type: 'input-errors', problems: [] })
})

test('a host that is as declared after all has nothing to show any more', () => {
  const { all, heard } = shownPlans(0)
  heard(plan('web1', [item('file:/a', 'update'), item('file:/b', 'none'), item('file:/c', 'none', { notes: ['odd'] })]))
  expect(all.get('web1')?.items.map(({ key }) => key)).toEqual(['file:/a', 'file:/c'])
  heard(plan('web1', [item('file:/a', 'none')]))
  expect(all.size).toBe(0)
})
