import { InputError, ProvisionError } from '../../errors.ts'
import type { Emit } from '../../execute/events.ts'
import { hostSession } from '../../host/make-session.ts'
import type { Host } from '../../inventory/inventory.ts'
import { nameHint } from '../../problems/nearest.ts'
import type { Prepared } from '../prepare.ts'
import { type Asking, askAll, type Decided, decided, failoverOf, productsOf } from './ask.ts'
import type { AskedHost, Failover, FailoverGroup, FailoverOutlook } from './port.ts'
import { carryOut, hostOf, type SwitchoverContext } from './under-locks.ts'

/** A run that may move the primary of a tier to one of its hosts. */
export interface PrimaryMove {
  readonly tier: string
  /**
   * Asks all hosts of the tier, whatever `--limit` says, how it would be done.
   * @param needsFailover whether a host, where it is the primary, must not be that while it is changed
   * @throws InputError when the host that is to be the primary would itself have to be moved away from
   */
  plan(needsFailover: (host: string) => boolean): Promise<FailoverOutlook>
  /**
   * Does it, in the turn of a host.
   * @throws ProvisionError why it was refused, or did not come to its end
   */
  carryOut(host: string): Promise<void>
  /** What is left for people to do. */
  notes(): readonly string[]
}

/** What `--switchover-to` names, and the products whose primaries can be moved. */
export interface MoveRequest {
  readonly to: string
  readonly failovers: readonly Failover[]
}

/** @throws InputError when `to` is none of several hosts with a primary, or of a tier that the run does not change */
export function primaryMove(context: SwitchoverContext, { to, failovers }: MoveRequest): PrimaryMove {
  const { prepared, access } = context
  const { host: candidate, failover } = candidateNamed(prepared, to, failovers)
  const { tier } = candidate
  const hosts = prepared.inventory.hosts.filter((host) => host.tier === tier)
  const askingIn = (emit: Emit): Asking => ({
    ...{ failover, prepared, emit },
    session: (host) => hostSession({ ...access, emit, showScripts: false }, host),
  })
  const notes: string[] = []
  return {
    tier,
    async plan(needsFailover) {
      const group = failover.group(
        await askAll(
          askingIn(() => undefined),
          hosts,
        ),
      )
      if (group.primaries.includes(to) && needsFailover(to)) {
        const others = hosts.flatMap(({ name }) => (name === to ? [] : [name]))
        throw new InputError([
          { message: `--switchover-to: ${to} is the primary itself`, hint: `name another: ${others.join(', ')}` },
        ])
      }
      return group.outlook(to)
    },
    async carryOut(host) {
      const emit = inTurnOf(host, context.emit)
      const decide = (): Promise<Decided> =>
        refusedAs(host, to, () =>
          decided(askingIn(emit), hosts, { to, primaryLost: false }, (probed, group) =>
            needInService(probed, group, to),
          ),
        )
      const first = await decide()
      if (first.decision.changes.size === 0) return
      const began = performance.now()
      const input = { ...first, again: decide, done: () => undefined }
      const { from, notes: more } = await carryOut({ ...context, emit }, input).catch((error: unknown) => {
        throw asFailureOf(host, to, error)
      })
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      const instead = from === undefined ? '' : ` in place of ${from}`
      context.emit({ type: 'tier-note', tier, message: `${to} is the primary${instead} (switchover: ${seconds} s)` })
      notes.push(...more(prepared.inventory.hosts))
    },
    notes: () => notes,
  }
}

function candidateNamed(
  prepared: Prepared,
  to: string,
  failovers: readonly Failover[],
): { readonly host: Host; readonly failover: Failover } {
  const { inventory, hosts } = prepared
  const names = inventory.hosts.map(({ name }) => name)
  if (!names.includes(to)) {
    throw new InputError([{ message: `--switchover-to: there is no host '${to}'`, hint: nameHint(to, names) }])
  }
  const host = hostOf(prepared, to)
  const found = failoverOf(prepared, host, failovers)
  if (!found?.hasOthers) {
    const group = `a group of ${productsOf(found ? [found.failover] : failovers)} servers`
    throw new InputError([{ message: `--switchover-to: ${to} (tier ${host.tier}) is not in ${group}` }])
  }
  if (!hosts.some(({ tier }) => tier === host.tier)) {
    throw new InputError([
      { message: `--switchover-to: ${to} is of tier ${host.tier}, of which no host takes part in this run` },
    ])
  }
  return { host, failover: found.failover }
}

/**
 * Where there is no primary, a host that a run left out of service is better than none.
 * @throws InputError when a run left it out of service, and another is the primary
 */
function needInService(probed: readonly AskedHost[], { primaries }: FailoverGroup, to: string): void {
  if (primaries.length === 0 || !probed.some(({ host, drained }) => host.name === to && drained)) return
  throw new InputError([{ message: `${to} is out of service`, hint: 'run provision first: it puts it back' }])
}

/** Reasons against a switchover are those of the host that waits for it. */
async function refusedAs<T>(host: string, to: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new ProvisionError(
      `the switchover to ${to} is refused: ${error.problems.map(({ message }) => message).join('; ')}`,
      { code: 'preflight', host, hint: error.problems[0]?.hint, cause: error },
    )
  }
}

/** Says on which host it was, where that is another. */
function asFailureOf(host: string, to: string, error: unknown): unknown {
  if (!(error instanceof ProvisionError) || error.cause instanceof InputError) return error
  const { code, hint, log, resource, message } = error
  const place = error.host === undefined || error.host === host ? '' : `${error.host}: `
  return new ProvisionError(`the switchover to ${to}: ${place}${message}`, {
    ...{ code, host, hint, log, cause: error },
    resource: resource && keyOf({ host: error.host ?? host, key: resource }),
  })
}

/** What is done on all hosts is told as steps of the one in whose turn it is: the others may be done by then. */
const inTurnOf =
  (host: string, emit: Emit): Emit =>
  (event) => {
    switch (event.type) {
      case 'step-started':
      case 'step-finished':
        emit({ ...event, host, key: keyOf(event) })
        break
      case 'output':
        emit({
          ...event,
          host,
          key: keyOf(event),
          line: event.host === host ? event.line : `${event.host}: ${event.line}`,
        })
        break
      case 'script':
      case 'warning':
        emit(event)
        break
      default:
    }
  }

/** `switchover:db2 promoted to primary`. */
const keyOf = ({ host, key }: { readonly host: string; readonly key: string }): string =>
  key.replace(/^(switchover|preflight):(.*)$/, (_, phase, name) => `${phase}:${host} ${name}`)
