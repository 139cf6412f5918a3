import { type Chart, chartSvg } from './chart.ts'
import { type FleetFigures, SCENARIOS, type Scenario } from './measure.ts'

/** On what it was measured, and when. */
export interface Setting {
  readonly date: string
  readonly machine: string
  readonly node: string
  /** Processes that wanted a processor when it began: others may have been at work beside it. */
  readonly load: number
}

export type Measured = FleetFigures & { readonly setting: Setting }

/** The page of the figures, and its pictures by name. */
export interface Page {
  readonly text: string
  readonly charts: ReadonlyMap<string, string>
}

/** Processes that held the connections. */
const countOf = ({ workers }: Measured): number => workers?.count ?? 0

/** Figures of which several are there of one size, scenario and number of workers: the last ones count. */
export function latest(before: readonly Measured[], now: readonly Measured[]): Measured[] {
  const all = new Map([...before, ...now].map((one) => [`${one.hosts} ${one.scenario} ${countOf(one)}`, one]))
  const order = names()
  const rank = ({ scenario }: Measured) => order.indexOf(scenario)
  return [...all.values()].sort((a, b) => a.hosts - b.hosts || rank(a) - rank(b) || countOf(a) - countOf(b))
}

/** @param all in the order of {@link latest} */
export function pageOf(measured: readonly Measured[]): Page {
  const all = measured.filter((one) => countOf(one) === 0)
  const charts: readonly (readonly [string, Chart])[] = [
    ['cpu', chart(all, 'CPU time of the controller for a host', 'ms', ({ cpuMs, hosts }) => cpuMs / hosts)],
    ['memory', { ...chart(all, 'Peak memory of the controller', 'MiB', ({ peakKiB }) => peakKiB / 1024), goal: 300 }],
    ['loop', { ...chart(all, 'Longest stretch of the event loop', 'ms', ({ loop }) => loop.busy.maxMs), goal: 50 }],
    ['wall', chart(all, 'Wall time', 's', ({ wallMs }) => wallMs / 1000)],
  ]
  const pictures = charts.map(([name, { title }]) => `![${title}](performance/${name}.svg)`)
  const text = [HEAD, table(all), pictures.join('\n\n'), settings(all), TAIL, ...workers(measured), REAL].join('\n\n')
  return { text: `${text}\n`, charts: new Map(charts.map(([name, one]) => [`${name}.svg`, chartSvg(one)])) }
}

const HEAD = `# Performance

<!-- Written by npm run bench -- fleet: change bench/fleet/page.ts, not this file. -->

What a run costs that finds nothing to change, on fleets of 100 hosts and more. The hosts are simulated: real SSH servers on
loopback, a host key each, which give the answer that a host of 36 resources gave ([how](../bench/README.md#fleets)). So hosts
cost nothing here, and what is measured is the controller: one process, on one core. The servers share the machine with it.

Each host that answers was found as declared by one connection and one exec, each other one was told as failed: the bench
fails where that is not so.`

const TAIL = `**CPU for a host** is user and system time of the whole process by the number of hosts, its start included. **Memory** is
the most that it ever held (maximum resident set). The **event loop** is watched from the first connection on, for before it
nobody waits for an answer: reading the inventory and trying the roles harms no keepalive. A **stretch** is the time that the
main thread was on a processor between two ticks of 5 ms. A timer is late **by itself** where that is not for want of a
processor, which others on the machine had; what it waited for its own helpers that collect garbage is in it. **Trouble**: a
third of the unreachable hosts refuse the connection, a third take it and stay silent (for \`connect_timeout\`, 10 s), a third
hang up before the login; slow ones answer 5 s late. **A lost site** is killed when half of its hosts have answered.`

const REAL = `## Real hosts

Other tools are not measured on simulated hosts: those give the recorded answers to this program's questions, and nobody else
asks these. On real hosts they stand beside it in [bench/README.md](../bench/README.md#for-scale).

What [a run on real hosts](../bench/README.md#figures-so-far) takes beside the least that could be done over SSH is measured by
\`npm run bench\`.`

const names = (): Scenario[] => Object.keys(SCENARIOS).filter((name): name is Scenario => name in SCENARIOS)

function chart(all: readonly Measured[], title: string, unit: string, value: (one: Measured) => number): Chart {
  const series = names().map((scenario) => ({
    name: SCENARIOS[scenario],
    points: all.filter((one) => one.scenario === scenario).map((one) => [one.hosts, value(one)] as const),
  }))
  return { title, unit, series: series.filter(({ points }) => points.length > 0) }
}

function table(all: readonly Measured[]): string {
  const heads = [
    'hosts',
    '',
    'found, failed',
    'wall',
    'of it, to the first connection',
    'CPU for a host',
    'memory',
    'longest stretch (p99)',
    'timer late by itself (p99)',
    'in all (p99)',
  ]
  const rows = all.map((one) => [
    String(one.hosts),
    SCENARIOS[one.scenario],
    `${one.ok}, ${one.failed}`,
    `${(one.wallMs / 1000).toFixed(1)} s`,
    `${(one.loop.firstMs / 1000).toFixed(1)} s`,
    `${(one.cpuMs / one.hosts).toFixed(1)} ms`,
    `${Math.round(one.peakKiB / 1024)} MiB`,
    tail(one.loop.busy),
    one.loop.own ? tail(one.loop.own) : '–',
    tail(one.loop.late),
  ])
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const tail = ({ maxMs, p99Ms }: { maxMs: number; p99Ms: number }): string =>
  `${Math.round(maxMs)} ms (${Math.round(p99Ms)} ms)`

/** What worker processes take, beside runs of the same size without them; nothing where that was not measured. */
function workers(measured: readonly Measured[]): string[] {
  const sizes = new Set(measured.filter((one) => countOf(one) > 0).map(({ hosts, scenario }) => `${hosts} ${scenario}`))
  if (sizes.size === 0) return []
  const all = measured.filter(({ hosts, scenario }) => sizes.has(`${hosts} ${scenario}`))
  const perHost = (ms: number, { hosts }: Measured) => `${(ms / hosts).toFixed(1)} ms`
  const heads = ['hosts', '', 'workers', 'CPU for a host: run', 'workers', 'both', 'longest stretch (p99)']
  const rows = all.map((one) => [
    ...[String(one.hosts), SCENARIOS[one.scenario], String(countOf(one))],
    ...[perHost(one.cpuMs, one), one.workers ? perHost(one.workers.cpuMs, one) : '–'],
    ...[perHost(one.cpuMs + (one.workers?.cpuMs ?? 0), one), tail(one.loop.busy)],
  ])
  const table = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  return [WORKERS, table, settings(all.filter((one) => countOf(one) > 0))]
}

const WORKERS = `## Worker processes

The same with [connections in processes of their own](connection.md#worker-processes). The simulated hosts take
the other core, so wall time would show nothing here; what each process takes does: a run waits for the one that takes most.`

/** What was measured where: sizes that were measured together are told together. */
function settings(all: readonly Measured[]): string {
  const told = new Map<string, Set<number>>()
  for (const { hosts, setting } of all) {
    const sight = `${setting.date}, ${setting.machine}, Node ${setting.node}`
    told.set(sight, (told.get(sight) ?? new Set()).add(hosts))
  }
  const loads = all.map(({ setting }) => setting.load)
  const busy = `Beside it, ${Math.round(Math.min(...loads))} to ${Math.round(Math.max(...loads))} other processes wanted a processor.`
  return [...[...told].map(([where, sizes]) => `Measured with ${[...sizes].join(', ')} hosts: ${where}.`), busy].join(
    ' ',
  )
}
