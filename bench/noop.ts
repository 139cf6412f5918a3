import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Traffic } from '../src/connection/connection.ts'
import type { Lab } from '../test/lab/lab.ts'
import { type Comparison, compare, table } from './figures.ts'
import { startFleet } from './lab-fleet.ts'
import { type Sample, sample } from './sample.ts'
import { noopTraffic, trafficIn } from './traffic.ts'

const CLI = fileURLToPath(new URL('../dist/src/cli/cli.js', import.meta.url))
const FLOOR = fileURLToPath(new URL('floor.mjs', import.meta.url))
const RESULTS = fileURLToPath(new URL('results', import.meta.url))

interface Pair {
  readonly ours: Sample
  readonly floor: Sample
}

/** In a project's own folder: in the checkout, all of its files would be read for the record of the run. */
const provision = (lab: Lab): Promise<Sample> => sample([CLI, '--inventory', lab.inventory, '--json'], { cwd: lab.dir })

const floor = (lab: Lab): Promise<Sample> =>
  sample([
    FLOOR,
    join(lab.dir, 'known_hosts'),
    join(lab.dir, 'id_ed25519'),
    ...[...lab.hosts.values()].map(({ address }) => address),
  ])

/** A B A B …: whatever else the machine does, it does to both. */
async function pairs(lab: Lab, count: number): Promise<Pair[]> {
  const done: Pair[] = []
  for (let i = 0; i < count; i += 1) done.push({ ours: await provision(lab), floor: await floor(lab) })
  return done
}

function floorTraffic({ stdout }: Sample): Traffic[] {
  const all: unknown = JSON.parse(stdout)
  if (!Array.isArray(all)) throw new Error(`the floor said ${stdout}`)
  return all.map(trafficIn)
}

const perHost = (all: readonly Traffic[], what: 'execs' | 'bytesOut' | 'bytesIn'): number =>
  all.reduce((sum, one) => sum + one[what], 0) / all.length

function comparisons(lab: Lab, measured: readonly Pair[]): Comparison[] {
  const of = (name: string, unit: string, figure: (one: Sample) => number): Comparison =>
    compare(
      name,
      unit,
      measured.map(({ ours, floor }) => [figure(ours), figure(floor)]),
    )
  const traffic = (what: 'execs' | 'bytesOut' | 'bytesIn', name: string): Comparison =>
    compare(
      name,
      '',
      measured.map(({ ours, floor }) => [
        perHost(noopTraffic(ours.stdout, lab.hosts.size), what),
        perHost(floorTraffic(floor), what),
      ]),
    )
  return [
    of('wall time', 'ms', (one) => one.wallMs),
    of('controller CPU', 'ms', (one) => one.cpuMs),
    of('peak memory', 'MiB', (one) => one.peakKiB / 1024),
    traffic('execs', 'execs per host'),
    traffic('bytesOut', 'bytes to a host'),
    traffic('bytesIn', 'bytes from a host'),
  ]
}

/** Measures a run that finds nothing to change on lab hosts, beside the floor. */
export async function noop(hosts: number, runs: number, keep: boolean): Promise<void> {
  const say = (message: string): void => console.error(message)
  const lab = await startFleet(hosts, say)
  say(`converging ${hosts} hosts; the first time takes minutes`)
  await provision(lab)
  say(`measuring ${runs} pairs`)
  await pairs(lab, 1)
  const figures = comparisons(lab, await pairs(lab, runs))
  console.log(`a run that finds nothing to change, ${hosts} hosts, medians of ${runs} pairs\n${table(figures)}`)
  await mkdir(RESULTS, { recursive: true })
  await writeFile(join(RESULTS, 'noop.json'), `${JSON.stringify({ hosts, runs, figures }, undefined, 2)}\n`)
  if (!keep) await lab.down()
}
