import { homedir } from 'node:os'
import { InputError, messageOf, type Problem, ProvisionError } from '../errors.ts'
import type { Event } from '../execute/events.ts'
import { inventoryNames } from '../inventory/folders.ts'
import { takeKeySources } from '../inventory/sops/identities.ts'
import { createRenderer, type RendererKind } from '../render/index.ts'
import type { PrepareOptions } from '../run/prepare.ts'
import type { RunEdges, RunOutcome } from '../run/run-options.ts'
import { confirmer } from './confirm.ts'
import { statusOf } from './exit-status.ts'
import { hooked } from './hooked.ts'
import type { HostFlags } from './host-options.ts'
import { outputFiles } from './output-files.ts'
import { passphraseAsker, passwordsOf } from './passwords.ts'
import { recorded } from './recorded.ts'
import { againOf } from './retry-command.ts'
import { stopOnSignals } from './signals.ts'

/** What the options say that every command on hosts has. */
export interface HostsInput extends PrepareOptions {
  readonly check: boolean
  readonly forks: number
  readonly workers?: number | undefined
  readonly showScripts: boolean
}

/** What a command does with them. */
export interface Job {
  /** Undefined: `provision` itself. */
  readonly name: string | undefined
  /** What of its own options does the same once more, as words of a command line. */
  readonly again: readonly string[]
  /** What was given on its command line, where it goes by more than that. */
  readonly given?: HostFlags | undefined
  /** Its plan has been approved: nobody is asked about it, but where a policy wants that. */
  readonly unasked?: boolean | undefined
  carryOut(input: HostsInput, edges: RunEdges): Promise<RunOutcome>
}

/** From parsed flags to an exit status: 0 as declared or done, 2 changes found by --check, 1 failed. */
export async function main(flags: HostFlags, job: Job): Promise<number> {
  const kind = kindOf(flags)
  const renderer = await createRenderer(kind, {
    out: process.stdout,
    err: process.stderr,
    color: wantsColor(flags),
    columns: process.stdout.columns ?? 120,
    diff: flags.diff === undefined ? flags.check : flags.diff !== false,
    planDiff: flags.diff !== false,
    full: flags.diff === 'full',
    verbosity: flags.verbose,
  })
  const ageKeys = takeKeySources(process.env, homedir())
  let isChanging = false
  const files = outputFiles(flags, {
    diff: flags.diff !== false,
    full: flags.diff === 'full',
    verbosity: flags.verbose,
  })
  const record = recorded(flags, job, process.argv.slice(2), (event) => {
    renderer.event(event)
    files.event(event)
  })
  const hooks = hooked(flags, record.id, (event) => record.event(event))
  const stop = stopOnSignals(
    (message) => record.event({ type: 'warning', message }),
    () => isChanging,
  )
  const work = async (): Promise<number> => {
    await files.begin()
    if (flags.inventory === undefined) throw new InputError([await missingInventory(flags.project)])
    const input: HostsInput = {
      root: flags.project,
      inventory: flags.inventory,
      check: flags.check,
      limit: flags.limit,
      tags: flags.tags,
      skipTags: flags.skipTags,
      vars: flags.var,
      forks: flags.forks,
      workers: flags.workers,
      showScripts: flags.showScript,
      ...(await passwordsOf(flags, process.env)),
      askPassphrase: passphraseAsker(),
      ageKeys,
    }
    const { summary } = await job.carryOut(input, {
      emit: (event) => {
        isChanging ||= event.type === 'host-started' || event.type === 'step-started'
        record.event(event)
        hooks.event(event)
      },
      id: record.id,
      begun: async (prepared) => {
        record.begun(prepared)
        await hooks.begun(prepared)
      },
      beforeFirstChange: () => hooks.beforeFirstChange(),
      stop,
      confirm: confirmer(flags.yes, stop.signal, renderer.hold),
      approve:
        !job.unasked && seesPlan(flags, kind)
          ? confirmer(false, stop.signal, undefined, { enter: false, ready: () => renderer.shown() })
          : undefined,
      again: (mask) => againOf(job.name, job.given ?? flags, job.again, mask),
    })
    return statusOf(summary)
  }
  const status = await work().catch((error: unknown) => {
    const ended: Event = { type: 'input-errors', problems: problemsOf(error) }
    record.event(ended)
    hooks.event(ended)
    return 1
  })
  await hooks.finish()
  await record.finish(status)
  for (const message of await files.finish()) renderer.event({ type: 'warning', message })
  stop.dispose()
  await renderer.finish()
  return status
}

export async function missingInventory(project: string): Promise<Problem> {
  const names = await inventoryNames(project)
  return {
    message: 'no inventory was named',
    hint:
      names.length > 0 ? `add --inventory with one of: ${names.join(', ')}` : 'make inventories/<name>/hosts.yml first',
  }
}

/** What was thrown, as what is wrong with the input. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof InputError) return error.problems
  if (error instanceof ProvisionError) return [{ message: error.message, origin: error.origin, hint: error.hint }]
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return [{ message: 'the question was left with Ctrl-C: nothing was begun' }]
  }
  const stack = error instanceof Error && error.stack ? `\n${error.stack}` : ''
  return [{ message: `${messageOf(error)}${stack}`, hint: 'this is a fault of provision itself: please report it' }]
}

/** Somebody is there to see the plan, and wants to be asked about it. */
const seesPlan = (flags: HostFlags, kind: RendererKind): boolean =>
  !flags.yes && !flags.check && kind !== 'json' && process.stdout.isTTY === true && !process.env.CI

function kindOf(flags: HostFlags): RendererKind {
  if (flags.json) return 'json'
  if (flags.renderer !== undefined) return flags.renderer
  return process.stdout.isTTY && !process.env.CI && process.env.TERM !== 'dumb' && !flags.showScript ? 'tree' : 'plain'
}

export function wantsColor(flags: Pick<HostFlags, 'color'>): boolean {
  if (flags.color === false || process.env.NO_COLOR) return false
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0'
  return process.stdout.isTTY === true && process.env.TERM !== 'dumb'
}
