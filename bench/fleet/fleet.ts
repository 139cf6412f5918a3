import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureFleet, SCENARIOS, type Scenario } from './measure.ts'
import { latest, type Measured, pageOf, type Setting } from './page.ts'

export interface FleetOptions {
  readonly sizes: readonly number[]
  readonly only: string | undefined
  /** Processes that hold the connections: each number of them is measured, in turn. */
  readonly workers: readonly number[]
  say(message: string): void
}

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url))
const FIGURES = fileURLToPath(new URL('figures.json', import.meta.url))

/** Measures fleets of these sizes, in each scenario, and writes docs/performance.md of all that was ever measured. */
export async function fleet({ sizes, only, workers, say }: FleetOptions): Promise<void> {
  for (const size of sizes) {
    for (const scenario of scenarios(only)) {
      for (const count of workers) {
        say(`${size} hosts, ${SCENARIOS[scenario]}, ${count === 0 ? 'no' : count} worker processes`)
        const setting = settingNow()
        const figures = { ...(await measureFleet(size, scenario, count)), setting }
        console.log(JSON.stringify(figures))
        // One after the other, so that a long one that is given up costs only itself.
        await writePage(latest(await readFigures(), [figures]))
      }
    }
  }
}

/** What was measured so far. */
export async function readFigures(): Promise<Measured[]> {
  const text = await readFile(FIGURES, 'utf8').catch(() => '[]')
  const all: unknown = JSON.parse(text)
  if (!Array.isArray(all) || !all.every(isMeasured)) throw new Error(`${FIGURES} has other figures: remove it`)
  return all
}

const FIELDS = ['hosts', 'scenario', 'ok', 'failed', 'wallMs', 'cpuMs', 'peakKiB', 'loop', 'setting']

const isMeasured = (value: unknown): value is Measured =>
  typeof value === 'object' && value !== null && FIELDS.every((field) => field in value)

async function writePage(all: readonly Measured[]): Promise<void> {
  await writeFile(FIGURES, `${JSON.stringify(all, undefined, 2)}\n`)
  const { text, charts } = pageOf(all)
  await writeFile(join(DOCS, 'performance.md'), text)
  await mkdir(join(DOCS, 'performance'), { recursive: true })
  for (const [name, svg] of charts) await writeFile(join(DOCS, 'performance', name), svg)
}

function settingNow(): Setting {
  const [load = 0] = loadavg()
  const [{ model = 'unknown processor' } = {}] = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB`,
    node: process.versions.node,
    load: Math.round(load * 10) / 10,
  }
}

function scenarios(only: string | undefined): readonly Scenario[] {
  const all = Object.keys(SCENARIOS).filter((name): name is Scenario => name in SCENARIOS)
  if (only === undefined) return all
  const found = all.filter((name) => name === only)
  if (found.length === 0) throw new Error(`no scenario ${only}: ${all.join(', ')}`)
  return found
}
