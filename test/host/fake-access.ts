import { createPool, type Pool } from '../../src/connection/pool.ts'
import type { HostEvent } from '../../src/host/events.ts'
import { hostSession } from '../../src/host/make-session.ts'
import type { HostAccess, HostSession } from '../../src/host/session.ts'
import { aHost } from '../connection/host-fixture.ts'
import type { FakeHost } from './fake-host.ts'

export interface Spoken {
  readonly access: HostAccess
  readonly pool: Pool
  readonly events: readonly HostEvent[]
  notes(): readonly string[]
  session(host: string): HostSession
}

/** How a run speaks to fake hosts, with the pool of real runs. */
export function spokenTo(hosts: readonly FakeHost[], more: Partial<HostAccess> = {}): Spoken {
  const events: HostEvent[] = []
  const the = (name: string): FakeHost => {
    const found = hosts.find((host) => host.name === name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  const pool = createPool((host) => the(host.name).connect())
  const named = (name: string) => ({ ...aHost(), name: the(name).name })
  let nonces = 0
  const access: HostAccess = {
    connect: (name) => pool.get(named(name)),
    open: (name) => pool.fresh(named(name)),
    run: { id: 'run1', who: 'me@desk' },
    nonce: () => `n0nce${nonces++}`,
    mask: (text) => text,
    emit: (event) => void events.push(event),
    showScripts: false,
    target: (name) => the(name).target,
    ...more,
  }
  return {
    access,
    pool,
    events,
    notes: () => events.flatMap((event) => (event.type === 'host-note' ? [event.message] : [])),
    session: (host) => hostSession(access, host),
  }
}
