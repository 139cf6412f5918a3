import { hostCommand } from '../command.ts'
import { each } from '../host-options.ts'

interface DriftFlags {
  readonly textfile?: string
}

/** `provision drift`: whether hosts still are as declared, for a timer. */
export const drift = hostCommand<DriftFlags>({
  name: 'drift',
  description: () => 'look whether hosts still are as declared: --check for a timer, with metrics for Prometheus',
  onlyLooks: true,
  options: (command) =>
    command.option('--textfile <file>', "write metrics to this file (.prom) of node_exporter's textfile collector"),
  again: ({ textfile }) => each('--textfile', textfile === undefined ? [] : [textfile]),
  async carryOut(input, { textfile }, edges) {
    const { lookForDrift } = await import('../drift.ts')
    return lookForDrift(input, edges, textfile)
  },
})
