import { setImmediate } from 'node:timers/promises'
import { ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import type { Connection, Traffic } from './connection.ts'
import { type Recorder, recorder } from './traffic.ts'

/**
 * Connections over which nothing is said, and which stay open all the same. Of more than that the one that was used longest
 * ago is closed: thousands would cost memory and keepalives, and a host that is needed once more is logged in to once more.
 */
const KEPT_OPEN = 500
/** The same of those with whose hosts the run is through: others may want to ask them something. */
const KEPT_SPARE = 50
/** Connections that are closed in one turn of the event loop. */
const CLOSED_AT_ONCE = 20

/** The connections of a run. */
export interface Pool {
  /** The host's connection, opened at the first call; one that lost its link is opened anew. @throws as `connect`. */
  get(host: Host): Promise<Connection>
  /** A NEW connection beside it, which proves that one can still log in. The caller closes it. @throws as `connect`. */
  fresh(host: Host): Promise<Connection>
  /** The run is through with this host: where there are many such, its connection is closed; it may be asked for all the same. */
  spare(host: Host): void
  /** Everything that went over the host's connections so far. */
  traffic(host: Host): Traffic
  /** Closes all, those being opened included. */
  close(): Promise<void>
}

/**
 * @param open makes a connection, e.g. `connector()`
 * @param keptOpen so many stay open with nothing to do
 * @param keptSpare so many with nothing left to do
 */
export function createPool(
  open: (host: Host) => Promise<Connection>,
  keptOpen = KEPT_OPEN,
  keptSpare = KEPT_SPARE,
): Pool {
  const shared = new Map<string, Shared>()
  /** The one that was used longest ago is the first. */
  const idle = new Set<Connection>()
  const spare = new Set<Connection>()
  const all = new Map<Connection, true>()
  const recorders = new Map<string, Recorder>()
  const opening = new Set<Promise<Connection>>()

  const recorderOf = (host: Host): Recorder => {
    const present = recorders.get(host.name) ?? recorder()
    recorders.set(host.name, present)
    return present
  }
  const fresh = async (host: Host): Promise<Connection> => {
    const counted = recorderOf(host).wrap(await open(host))
    const connection: Connection = {
      exec: counted.exec,
      close: () => {
        all.delete(connection)
        return counted.close()
      },
    }
    all.set(connection, true)
    return connection
  }
  const tracked = (host: Host): Promise<Connection> => {
    const promise = fresh(host)
    opening.add(promise)
    promise.then(
      () => opening.delete(promise),
      () => opening.delete(promise),
    )
    return promise
  }
  const isUsed = (connection: Connection): void => {
    idle.delete(connection)
    spare.delete(connection)
  }
  const keep = (connection: Connection, among: Set<Connection>, most: number): void => {
    among.add(connection)
    if (among.size <= most) return
    const [oldest] = among
    void oldest?.close().catch(() => undefined)
  }
  return {
    get(host) {
      const present = shared.get(host.name)
      if (present !== undefined) {
        // Whoever asks is about to use it.
        if (present.opened) isUsed(present.opened)
        return present.promise
      }
      const forget = () => {
        if (shared.get(host.name) === one) shared.delete(host.name)
      }
      const promise = tracked(host).then((connection) => {
        one.opened = watched(connection, {
          onUse: isUsed,
          onIdle: (unused) => keep(unused, idle, keptOpen),
          onClose(closed) {
            isUsed(closed)
            forget()
          },
        })
        return one.opened
      })
      const one: Shared = { promise }
      promise.catch(forget)
      shared.set(host.name, one)
      return promise
    },
    fresh: tracked,
    spare(host) {
      const opened = shared.get(host.name)?.opened
      if (opened && idle.delete(opened)) keep(opened, spare, keptSpare)
    },
    traffic: (host) => recorderOf(host).traffic(),
    async close() {
      await Promise.allSettled(opening)
      shared.clear()
      const closing: Promise<unknown>[] = []
      for (const connection of [...all.keys()]) {
        closing.push(connection.close().catch(() => undefined))
        if (closing.length % CLOSED_AT_ONCE === 0) await setImmediate()
      }
      await Promise.all(closing)
    },
  }
}

/** The connection of a host that all share who speak to it. */
interface Shared {
  readonly promise: Promise<Connection>
  opened?: Connection
}

interface Watcher {
  onUse(connection: Connection): void
  /** Nothing is said over it any more. */
  onIdle(connection: Connection): void
  onClose(connection: Connection): void
}

/** A connection of which is told what it is at; it is closed once its link is lost. */
function watched(connection: Connection, { onUse, onIdle, onClose }: Watcher): Connection {
  let execs = 0
  let isOpen = true
  const one: Connection = {
    async exec(script, options) {
      execs += 1
      onUse(one)
      try {
        return await connection.exec(script, options)
      } catch (error) {
        if (error instanceof ProvisionError && error.code === 'unreachable') await one.close()
        throw error
      } finally {
        execs -= 1
        if (execs === 0 && isOpen) onIdle(one)
      }
    },
    close() {
      isOpen = false
      onClose(one)
      return connection.close()
    },
  }
  return one
}
