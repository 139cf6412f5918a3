import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { connector } from '../connection/connect.ts'
import { createPool, type Pool } from '../connection/pool.ts'
import type { HostAccess } from '../host/session.ts'
import type { Host } from '../inventory/inventory.ts'
import { workersFor } from '../workers/of-run.ts'
import { loopTurns } from './loop-turns.ts'
import type { Prepared } from './prepare.ts'

import type { RunEdges, RunOptions } from './run-options.ts'

const nonce = (): string => randomBytes(9).toString('hex')

/** The connections of a run; whoever opens it closes it. @param asked processes that hold them; undefined: by their number */
export function openPool(
  { hosts, mask, logins }: Pick<Prepared, 'hosts' | 'mask' | 'logins'>,
  { connect, emit, stop }: Pick<RunEdges, 'connect' | 'emit' | 'stop'>,
  asked?: number,
): Pool {
  const warn = (message: string, hint?: string) => emit({ type: 'warning', message, hint })
  const workers = connect ? undefined : workersFor(hosts, asked)
  const open =
    connect ??
    connector({
      ...logins,
      ...{ warn, mask: (text) => mask.text(text), signal: stop?.signal, logins: workers?.logins },
    })
  const pool = createPool(async (host) => {
    const began = performance.now()
    const connection = await open(host)
    emit({ type: 'host-connected', host: host.name, ms: performance.now() - began })
    return connection
  })
  return {
    ...pool,
    async close() {
      await pool.close()
      await workers?.close()
    },
  }
}

/** How all hosts of a run are spoken to. */
export function accessOf(
  { inventory, mask }: Pick<Prepared, 'inventory' | 'mask'>,
  pool: Pool,
  { emit, id, stop, target }: Pick<RunEdges, 'emit' | 'id' | 'stop' | 'target'>,
  { showScripts, sealing }: Pick<RunOptions, 'showScripts' | 'sealing'>,
): HostAccess {
  const hosts = new Map(inventory.hosts.map((host) => [host.name, host]))
  const named = (name: string): Host => {
    const found = hosts.get(name)
    if (!found) throw new RangeError(`no host ${name}`)
    return found
  }
  return {
    connect: (name) => pool.get(named(name)),
    open: (name) => pool.fresh(named(name)),
    run: {
      id: id ?? nonce(),
      who: `${userInfo().username}@${hostname()}`,
      ...(sealing?.file && { plan: sealing.id }),
    },
    nonce,
    mask: (text) => mask.text(text),
    emit,
    showScripts,
    signal: stop?.signal,
    turn: loopTurns(),
    target,
  }
}
