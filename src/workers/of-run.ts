import { availableParallelism } from 'node:os'
import { once } from '../connection/once.ts'
import type { LoginMeans } from '../connection/open.ts'
import type { OpenTransport } from '../connection/transport.ts'
import type { Target } from '../inventory/inventory.ts'
import { howManyWorkers } from './how-many.ts'
import type { Workers } from './workers.ts'

/** Where the logins of a run are made, when that is elsewhere. */
export interface RemoteLogins {
  logins(means: LoginMeans): OpenTransport
  /** Ends the processes. */
  close(): Promise<void>
}

/**
 * The workers of a run over these hosts. They are started when the first host is connected.
 * @param asked how many; undefined: by the number of hosts and cores
 * @returns undefined: there are none
 */
export function workersFor(hosts: readonly Target[], asked: number | undefined): RemoteLogins | undefined {
  const remote = hosts.filter(({ connection }) => connection.transport !== 'local').length
  const count = howManyWorkers({ hosts: remote, cores: availableParallelism(), asked })
  if (count === 0) return undefined
  let opened: Promise<Workers> | undefined
  return {
    logins(means) {
      const open = once(async () => {
        const [{ openWorkers }, { workerProcess }] = await Promise.all([
          import('./workers.ts'),
          import('./worker-process.ts'),
        ])
        return openWorkers(means, { count, start: workerProcess })
      })
      return async (host) => {
        opened = open()
        return (await opened).open(host)
      }
    },
    async close() {
      await (await opened)?.close()
    },
  }
}
