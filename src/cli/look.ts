import { homedir } from 'node:os'
import { InputError } from '../errors.ts'
import { takeKeySources } from '../inventory/sops/identities.ts'
import type { LookOptions } from '../looking/read-inventory.ts'
import type { SpeakOptions } from '../looking/speak.ts'
import { problemLines, warningLines } from '../render/format/failure.ts'
import { type Line, paint, span } from '../render/format/line.ts'
import { programLines } from '../render/format/report.ts'
import { flushed, outliveFailure } from '../render/stream.ts'
import type { LookFlags } from './host-options.ts'
import { missingInventory, problemsOf, wantsColor } from './main.ts'
import { passphraseAsker, passwordsOf } from './passwords.ts'
import { endOnSignals } from './signals.ts'

/** What a command that looks works with. */
export interface LookEdges {
  readonly options: LookOptions
  /** Lines for people, on standard output. */
  print(lines: readonly Line[], to?: 'out' | 'err'): void
  /** A line that a host printed, with its name before it where there is one. */
  line(host: string | undefined, width: number, text: string): void
  /** One JSON document, or one line of several. */
  json(value: object, indent?: number): void
  /** How hosts are spoken to. The first Ctrl-C stops what is at work, the second one ends at once. */
  speaking(flags: Pick<LookFlags, 'forks' | 'workers' | 'verbose'>): SpeakOptions
}

/** From parsed flags to an exit status; what is wrong with the input is told on standard error. */
export async function look(flags: LookFlags, carryOut: (edges: LookEdges) => Promise<number>): Promise<number> {
  const { stdout: out, stderr: err } = process
  outliveFailure(out, err)
  const color = wantsColor(flags)
  const tell = (lines: readonly Line[]) => {
    for (const line of lines) err.write(`${paint(line, color)}\n`)
  }
  const warn = (message: string, hint?: string) => tell(warningLines(message, hint))
  const ends = endOnSignals(warn)
  try {
    if (flags.inventory === undefined) throw new InputError([await missingInventory(flags.project)])
    const options: LookOptions = {
      root: flags.project,
      inventory: flags.inventory,
      limit: flags.limit,
      vars: flags.var,
      ...(await passwordsOf(flags, process.env)),
      askPassphrase: passphraseAsker(),
      ageKeys: takeKeySources(process.env, homedir()),
    }
    return await carryOut({
      options,
      print: (lines, to = 'out') => {
        if (to === 'err') return tell(lines)
        for (const line of lines) out.write(`${paint(line, color)}\n`)
      },
      line: (host, width, text) => {
        const before = host === undefined ? [] : [span('bold', host.padEnd(width)), span('dim', ' │ ')]
        out.write(`${paint([...before, { text }], color)}\n`)
      },
      speaking: ({ forks = 1, workers, verbose = 0 }) => ({
        ...{ forks, workers, stop: ends.first, signal: ends.second, warn },
        programs: (programs) => tell(programLines({ programs }, verbose)),
      }),
      json: (value, indent) => out.write(`${JSON.stringify(value, undefined, indent)}\n`),
    })
  } catch (error) {
    tell(problemLines(problemsOf(error)))
    return 1
  } finally {
    ends.dispose()
    await flushed([out, err])
  }
}
