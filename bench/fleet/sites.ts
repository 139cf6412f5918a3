import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SimulatedHost } from './simulated.ts'

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url))

/** What the process of a site is told. */
export interface SiteOrder {
  readonly hosts: readonly SimulatedHost[]
  /** The public key that logs in. */
  readonly loginKey: string
  /** The site is lost when it has given so many answers. */
  readonly leaveAfter: number | undefined
}

/** What it tells when its hosts can be reached. */
export interface FromSite {
  readonly port: number
  /** The public host key of each host that can be connected. */
  readonly keys: Readonly<Record<string, string>>
}

export interface OpenSite extends FromSite {
  readonly site: number
}

export interface Sites {
  readonly open: readonly OpenSite[]
  close(): Promise<void>
}

/** Starts the processes of all sites. @param lost the site that is lost when half of its hosts have answered */
export async function openSites(hosts: readonly SimulatedHost[], loginKey: string, lost?: number): Promise<Sites> {
  const processes: ChildProcess[] = []
  const close = async () => {
    await Promise.all(
      processes.map(async (one) => {
        if (one.exitCode !== null || one.signalCode !== null) return
        const exit = once(one, 'exit')
        one.kill('SIGKILL')
        await exit
      }),
    )
  }
  try {
    const open = await Promise.all(
      [...new Set(hosts.map(({ site }) => site))].map(async (site): Promise<OpenSite> => {
        const own = hosts.filter((host) => host.site === site)
        const child = fork(SERVER, {
          execArgv: ['--import', 'jiti/register'],
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        })
        processes.push(child)
        const order: SiteOrder = {
          hosts: own,
          loginKey,
          leaveAfter: site === lost ? Math.ceil(own.length / 2) : undefined,
        }
        child.send(order)
        const [message]: unknown[] = await Promise.race([once(child, 'message'), once(child, 'exit')])
        if (!isFromSite(message)) throw new Error(`site ${site} did not open`)
        return { site, port: message.port, keys: message.keys }
      }),
    )
    return { open, close }
  } catch (error) {
    await close()
    throw error
  }
}

const isFromSite = (value: unknown): value is FromSite =>
  typeof value === 'object' && value !== null && 'port' in value && 'keys' in value

export const isSiteOrder = (value: unknown): value is SiteOrder =>
  typeof value === 'object' && value !== null && 'hosts' in value && Array.isArray(value.hosts) && 'loginKey' in value
