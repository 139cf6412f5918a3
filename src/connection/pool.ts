import { ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import type { Connection, Traffic } from './connection.ts'
import { type Recorder, recorder } from './traffic.ts'

/** The connections of a run. */
export interface Pool {
  /** The host's connection, opened at the first call; one that lost its link is opened anew. @throws as `connect`. */
  get(host: Host): Promise<Connection>
  /** A NEW connection beside it, which proves that one can still log in. The caller closes it. @throws as `connect`. */
  fresh(host: Host): Promise<Connection>
  /** Everything that went over the host's connections so far. */
  traffic(host: Host): Traffic
  /** Closes all, those being opened included. */
  close(): Promise<void>
}

/** @param open makes a connection, e.g. `connector()` */
export function createPool(open: (host: Host) => Promise<Connection>): Pool {
  const shared = new Map<string, Promise<Connection>>()
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
  return {
    get(host) {
      const present = shared.get(host.name)
      if (present !== undefined) return present
      const promise: Promise<Connection> = tracked(host).then((connection) => forgetting(connection, forget))
      const forget = () => {
        if (shared.get(host.name) === promise) shared.delete(host.name)
      }
      promise.catch(forget)
      shared.set(host.name, promise)
      return promise
    },
    fresh: tracked,
    traffic: (host) => recorderOf(host).traffic(),
    async close() {
      await Promise.allSettled(opening)
      shared.clear()
      await Promise.allSettled([...all.keys()].map((connection) => connection.close()))
    },
  }
}

/** A connection that is closed and no longer handed out once its link is lost. */
const forgetting = (connection: Connection, forget: () => void): Connection => ({
  async exec(script, options) {
    try {
      return await connection.exec(script, options)
    } catch (error) {
      if (error instanceof ProvisionError && error.code === 'unreachable') {
        forget()
        await connection.close()
      }
      throw error
    }
  },
  close: () => {
    forget()
    return connection.close()
  },
})
