import { type FleetFigures, measureFleet, SCENARIOS, type Scenario } from './measure.ts'

export interface FleetOptions {
  readonly sizes: readonly number[]
  readonly only: string | undefined
  say(message: string): void
}

/** Measures fleets of these sizes, in each scenario. */
export async function fleet({ sizes, only, say }: FleetOptions): Promise<void> {
  const all: FleetFigures[] = []
  for (const size of sizes) {
    for (const scenario of scenarios(only)) {
      say(`${size} hosts, ${SCENARIOS[scenario]}`)
      const figures = await measureFleet(size, scenario)
      all.push(figures)
      console.log(JSON.stringify(figures))
    }
  }
}

function scenarios(only: string | undefined): readonly Scenario[] {
  const all = Object.keys(SCENARIOS).filter((name): name is Scenario => name in SCENARIOS)
  if (only === undefined) return all
  const found = all.filter((name) => name === only)
  if (found.length === 0) throw new Error(`no scenario ${only}: ${all.join(', ')}`)
  return found
}
