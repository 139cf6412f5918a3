import { homedir } from 'node:os'
import { InputError } from '../errors.ts'
import { takeKeySources } from '../inventory/sops/identities.ts'
import type { LookOptions } from '../looking/read-inventory.ts'
import { problemLines } from '../render/format/failure.ts'
import { type Line, paint } from '../render/format/line.ts'
import { flushed, outliveFailure } from '../render/stream.ts'
import type { LookFlags } from './host-options.ts'
import { missingInventory, problemsOf, wantsColor } from './main.ts'
import { passphraseAsker, passwordsOf } from './passwords.ts'

/** What a command that looks works with. */
export interface LookEdges {
  readonly options: LookOptions
  /** Lines for people, on standard output. */
  print(lines: readonly Line[]): void
  /** One JSON document, or one line of several. */
  json(value: object, indent?: number): void
}

/** From parsed flags to an exit status; what is wrong with the input is told on standard error. */
export async function look(flags: LookFlags, carryOut: (edges: LookEdges) => Promise<number>): Promise<number> {
  const { stdout: out, stderr: err } = process
  outliveFailure(out, err)
  const color = wantsColor(flags)
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
      print: (lines) => {
        for (const line of lines) out.write(`${paint(line, color)}\n`)
      },
      json: (value, indent) => out.write(`${JSON.stringify(value, undefined, indent)}\n`),
    })
  } catch (error) {
    for (const line of problemLines(problemsOf(error))) err.write(`${paint(line, color)}\n`)
    return 1
  } finally {
    await flushed([out, err])
  }
}
