import { resolve } from 'node:path'
import { driftMetrics } from '../drift/metrics.ts'
import { needTextfile, writeTextfile } from '../drift/textfile.ts'
import { inventoryLabel } from '../inventory/folders.ts'
import { createFold } from '../records/fold.ts'
import { run } from '../run/run.ts'
import type { RunEdges, RunOutcome } from '../run/run-options.ts'
import { statusOf } from './exit-status.ts'
import type { HostsInput } from './main.ts'

/**
 * A dry run of all hosts, and what it found as metrics; also where it found nothing out, so that somebody is told.
 * @param textfile where they are written; undefined: nowhere
 */
export async function lookForDrift(
  input: HostsInput,
  edges: RunEdges,
  textfile: string | undefined,
): Promise<RunOutcome> {
  if (textfile === undefined) return await run(input, edges)
  needTextfile(textfile)
  const began = performance.now()
  const fold = createFold()
  const write = (status: number) =>
    writeTextfile(
      textfile,
      driftMetrics({
        ...fold.outcome(),
        inventory: inventoryLabel(resolve(input.root), input.inventory),
        status,
        ended: Math.round(Date.now() / 1000),
        seconds: Math.round(performance.now() - began) / 1000,
      }),
    )
  const emit: RunEdges['emit'] = (event) => {
    fold.event(event)
    edges.emit(event)
  }
  let outcome: RunOutcome
  try {
    outcome = await run(input, { ...edges, emit })
  } catch (error) {
    await write(1)
    throw error
  }
  await write(statusOf(outcome.summary))
  return outcome
}
