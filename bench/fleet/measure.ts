import { fileURLToPath } from 'node:url'
import { factsCache } from '../../src/facts/cache.ts'
import { parseFacts } from '../../src/facts/parse.ts'
import { FACTS } from '../../src/plan/questions.ts'
import { type Loop, sample } from '../sample.ts'
import { needNoop, type Result, resultsIn } from '../traffic.ts'
import { describeFleet, fleetFolder } from './project.ts'
import { readRecording } from './recording.ts'
import { isReachable, type SimulatedHost, simulatedHosts } from './simulated.ts'
import { openSites } from './sites.ts'

const CLI = fileURLToPath(new URL('../../dist/src/cli/cli.js', import.meta.url))
const SITES = 4

/** What is wrong with a fleet. */
export const SCENARIOS = {
  well: 'all answer',
  trouble: '10 % unreachable, 5 % slow',
  lost: 'one of four sites lost in the middle',
} as const

export type Scenario = keyof typeof SCENARIOS

const STALE = 'not a run that finds nothing to change. Where roles or probes are others since: npm run bench -- record'

/** One run over a fleet. */
export interface FleetFigures {
  readonly hosts: number
  readonly scenario: Scenario
  /** Hosts that were found as declared, and that could not be read. */
  readonly ok: number
  readonly failed: number
  readonly wallMs: number
  readonly cpuMs: number
  /** Processes that held the connections, and the CPU time of all of them; undefined: there were none. */
  readonly workers?: { readonly count: number; readonly cpuMs: number } | undefined
  readonly peakKiB: number
  readonly loop: Loop
  /** Of a host that answered. */
  readonly bytesOut: number
  readonly bytesIn: number
}

/**
 * A run that finds nothing to change on so many hosts, in a process of its own.
 * @param workers processes that hold the connections
 * @throws Error when a host that answers is not found as declared by one exec, or another is not told as failed
 */
export async function measureFleet(count: number, scenario: Scenario, workers = 0): Promise<FleetFigures> {
  const hosts = simulatedHosts(count, SITES, scenario === 'trouble')
  const folder = await fleetFolder()
  const sites = await openSites(hosts, folder.loginKey, scenario === 'lost' ? SITES - 1 : undefined)
  try {
    await describeFleet(folder, hosts, sites.open)
    await knownFacts(folder.inventory, `${folder.env.XDG_CACHE_HOME}/provision/facts`, hosts)
    const run = sample([CLI, '--inventory', folder.inventory, '--json', '--workers', String(workers)], {
      status: scenario === 'well' ? 0 : 1,
      env: folder.env,
      loop: true,
    })
    const { wallMs, cpuMs, childrenMs, peakKiB, loop, stdout } = await run.catch((cause: unknown) => {
      throw new Error(STALE, { cause })
    })
    if (!loop) throw new Error('the event loop was not watched')
    const results = resultsIn(stdout)
    const found = check(hosts, results, scenario)
    const mean = (what: 'bytesOut' | 'bytesIn') =>
      found.reduce((sum, { traffic }) => sum + traffic[what], 0) / found.length
    return {
      ...{ hosts: count, scenario, ok: found.length, failed: results.length - found.length },
      ...{ wallMs, cpuMs, peakKiB, loop },
      ...(workers > 0 && { workers: { count: workers, cpuMs: childrenMs } }),
      ...{ bytesOut: mean('bytesOut'), bytesIn: mean('bytesIn') },
    }
  } finally {
    await sites.close()
    await folder.remove()
  }
}

/** Nobody's first run is measured: what a host is has been found out before. */
async function knownFacts(inventory: string, folder: string, hosts: readonly SimulatedHost[]): Promise<void> {
  const facts = parseFacts((await readRecording()).get(FACTS)?.body ?? '')
  const cache = factsCache(inventory, folder)
  for (const { name } of hosts) await cache.write(name, facts)
}

function check(hosts: readonly SimulatedHost[], results: readonly Result[], scenario: Scenario): readonly Result[] {
  const outcome = new Map(results.map((result) => [result.host, result]))
  const found = hosts.flatMap((host) => {
    const result = outcome.get(host.name)
    if (!result) throw new Error(`${host.name} has no result`)
    const mayFail = !isReachable(host) || (scenario === 'lost' && host.site === SITES - 1)
    if (result.outcome === 'failed' && mayFail) return []
    if (!isReachable(host)) throw new Error(`${host.name} is ${result.outcome}, and can't be reached`)
    needNoop(result)
    return [result]
  })
  if (scenario === 'lost' && found.length === hosts.length) throw new Error('no site was lost')
  return found
}
