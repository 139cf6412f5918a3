import { InputError, ProvisionError } from '../../../errors.ts'
import type { Emit } from '../../../execute/events.ts'
import { hostSession } from '../../../host/make-session.ts'
import type { Host } from '../../../inventory/inventory.ts'
import { nameHint } from '../../../problems/nearest.ts'
import { conceivableFacts } from '../../../run/precheck.ts'
import type { Prepared } from '../../../run/prepare.ts'
import { carryOut, type Decision, hostOf, type Scene } from './change.ts'
import { decided } from './decide.ts'
import { type Asked, type Asking, askMember, isPart, isReplication, membersOf } from './group.ts'
import { type FailoverOutlook, failoverOutlook } from './handover-plan.ts'
import { switchNotes } from './notes.ts'

/** A run that may move the writes of a group to one of its servers. */
export interface WriteMove {
  readonly tier: string
  /**
   * Asks all servers of the group, whatever `--limit` says, how it would be done.
   * @param relieved whether a host that takes the writes is to be relieved of them for its changes
   * @throws InputError when the server that is to take the writes would itself have to be relieved
   */
  plan(relieved: (host: string) => boolean): Promise<FailoverOutlook>
  /**
   * Does it, in the turn of a host.
   * @throws ProvisionError why it was refused, or did not come to its end
   */
  carryOut(host: string): Promise<void>
  /** What is left for people to do. */
  notes(): readonly string[]
}

/** @throws InputError when `to` is no server of a group, or of one that the run does not change */
export function writeMove(scene: Scene, to: string): WriteMove {
  const { prepared, access } = scene
  const { tier } = serverNamed(prepared, to)
  const hosts = prepared.inventory.hosts.filter((host) => host.tier === tier)
  const askingIn = (emit: Emit): Asking => ({
    prepared,
    emit,
    session: (host) => hostSession({ ...access, emit, showScripts: false }, host),
  })
  const askAll = (asking: Asking) => Promise.all(hosts.map((host) => askMember(asking, host)))
  const notes: string[] = []
  return {
    tier,
    async plan(relieved) {
      const members = membersOf(await askAll(askingIn(() => undefined)))
      const own = members.find(({ name }) => name === to)
      if (own !== undefined && !('unknown' in own.state) && own.state.role === 'writable' && relieved(to)) {
        const others = hosts.flatMap(({ name }) => (name === to ? [] : [name]))
        throw new InputError([
          { message: `--switchover-to: ${to} takes the writes itself`, hint: `name another: ${others.join(', ')}` },
        ])
      }
      return failoverOutlook(members, to)
    },
    async carryOut(host) {
      const emit = inTurnOf(host, scene.emit)
      const asking = askingIn(emit)
      const decide = async (): Promise<Decision> => {
        const { plan, asked } = await refusedAs(host, to, async () => {
          const all = await askAll(asking)
          needInService(all, to)
          return decided(asking, all, { to, primaryLost: false })
        })
        return { plan, group: { asked, members: membersOf(asked) } }
      }
      const first = await decide()
      if (first.plan.old === undefined && first.plan.followers.length === 0) return
      const began = performance.now()
      const change = { ...first, again: decide, done: () => undefined }
      const plan = await carryOut({ ...scene, emit }, change).catch((error: unknown) => {
        throw asFailureOf(host, to, error)
      })
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      const instead = plan.old === undefined ? '' : ` in place of ${plan.old}`
      scene.emit({ type: 'tier-note', tier, message: `${to} takes the writes${instead} (switchover: ${seconds} s)` })
      notes.push(...switchNotes(plan, tier, prepared.inventory.hosts))
    },
    notes: () => notes,
  }
}

function serverNamed(prepared: Prepared, to: string): Host {
  const { inventory, hosts } = prepared
  const names = inventory.hosts.map(({ name }) => name)
  if (!names.includes(to)) {
    throw new InputError([{ message: `--switchover-to: there is no host '${to}'`, hint: nameHint(to, names) }])
  }
  const host = hostOf(prepared, to)
  if (!isOfGroup(prepared, host)) {
    throw new InputError([{ message: `--switchover-to: ${to} (tier ${host.tier}) is no server of a MySQL group` }])
  }
  if (!hosts.some(({ tier }) => tier === host.tier)) {
    throw new InputError([
      { message: `--switchover-to: ${to} is of tier ${host.tier}, of which no host takes part in this run` },
    ])
  }
  return host
}

/** As its roles declare it: on the system that it was found to have, else on any that it may have. */
const isOfGroup = ({ compiler, known }: Prepared, host: Host): boolean =>
  conceivableFacts(host, known.get(host.name)).some((facts) =>
    compiler
      .compile(host, facts)
      .resources.some((one) => isPart(one) && isReplication(one.desired) && one.desired.peers.length > 0),
  )

/**
 * Where nobody takes writes, one that a run left out of service is better than none.
 * @throws InputError when a run left it out of service, and another takes the writes
 */
function needInService(asked: readonly Asked[], to: string): void {
  const isTaken = asked.some(({ state }) => !('unknown' in state) && state.role === 'writable')
  if (!isTaken || !asked.some(({ host, drained }) => host.name === to && drained)) return
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

/** Says on which server it was, where that is another. */
function asFailureOf(host: string, to: string, error: unknown): unknown {
  if (!(error instanceof ProvisionError) || error.cause instanceof InputError) return error
  const { code, hint, log, resource, message } = error
  const place = error.host === undefined || error.host === host ? '' : `${error.host}: `
  return new ProvisionError(`the switchover to ${to}: ${place}${message}`, {
    ...{ code, host, hint, log, cause: error },
    resource: resource && keyOf({ host: error.host ?? host, key: resource }),
  })
}

/** What is done on all servers is told as steps of the host in whose turn it is: the others may be done by then. */
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

/** `switchover:db2 takes the writes`. */
const keyOf = ({ host, key }: { readonly host: string; readonly key: string }): string =>
  key.replace(/^(switchover|preflight):(.*)$/, (_, phase, name) => `${phase}:${host} ${name}`)
