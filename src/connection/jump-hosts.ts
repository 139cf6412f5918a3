import { aborted, ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure, place } from './failure.ts'
import { type JumpDoor, jumpDoor } from './jump-door.ts'
import type { Session } from './session.ts'
import { turns } from './turns.ts'
import { directly, type Way } from './way.ts'

/** The jump hosts of a run: one connection to each carries all hosts behind it. */
export interface JumpHosts {
  /** @throws ProvisionError unreachable: not reached because of a jump host, which has been told of itself */
  wayTo(host: Target): Promise<Way>
}

/** Told once of each jump host that fails, however many hosts are behind it. */
export type Tell = (message: string, hint: string | undefined) => void

/** So long a jump host that failed is not tried again: thousands behind it would each wait for its time limit. */
export const GIVEN_UP_MS = 20_000

/** @param logIn to a jump host, by the way to it */
export function jumpHosts(logIn: (jump: Target, way: Way) => Promise<Session>, tell: Tell): JumpHosts {
  const doors = new Map<string, Promise<JumpDoor>>()
  const turnsOf = turns()
  /** What was told already: whoever failed because of it is not told of again. */
  const reported = new Map<ProvisionError, string>()

  const doorTo = (chain: readonly Target[]): Promise<JumpDoor> => {
    const key = chain.map(jumpIdentity).join(' ')
    const known = doors.get(key)
    if (known !== undefined) return known
    const forget = () => {
      if (doors.get(key) === opening) doors.delete(key)
    }
    const opening: Promise<JumpDoor> = openDoor(chain, forget)
    opening.catch((error: unknown) => {
      if (error instanceof ProvisionError && error.code !== 'aborted') tellOnce(lastOf(chain), error)
      setTimeout(forget, GIVEN_UP_MS).unref()
    })
    doors.set(key, opening)
    return opening
  }

  const openDoor = async (chain: readonly Target[], forget: () => void): Promise<JumpDoor> => {
    const jump = lastOf(chain)
    const way = await wayOver(jump, chain.slice(0, -1))
    try {
      const session = await way.turn(() => logIn(jump, way))
      return jumpDoor(jump, session, {
        onGone(why) {
          forget()
          way.leave()
          tellOnce(jump, why)
        },
        forget,
        onClosed: () => way.leave(),
      })
    } catch (error) {
      way.leave()
      throw error
    }
  }

  /** What came of an earlier jump host is its matter. */
  const tellOnce = (jump: Target, error: ProvisionError): void => {
    const cause = error.cause instanceof ProvisionError ? reported.get(error.cause) : undefined
    if (cause === undefined && !reported.has(error)) tell(`jump host ${jump.name}: ${error.message}`, error.hint)
    reported.set(error, cause ?? jump.name)
  }

  const wayOver = async (host: Target, chain: readonly Target[]): Promise<Way> => {
    if (chain.length === 0) return directly(host)
    const jump = lastOf(chain)
    const notReached = (error: ProvisionError, what: string) =>
      failure(host, 'unreachable', `${what} because of its jump host ${reported.get(error) ?? jump.name}`, {
        cause: error,
      })
    const opened = await doorTo(chain).catch((error: unknown) => {
      if (!(error instanceof ProvisionError)) throw error
      throw error.code === 'aborted' ? aborted(host.name) : notReached(error, 'not reached')
    })
    opened.enter()
    let left = false
    const limit = turnsOf(jumpIdentity(jump))
    return {
      open: (signal) => opened.open(host, signal),
      turn: (login) => limit(login),
      broken: () => {
        const why = opened.gone()
        return why && notReached(why, `link lost to ${place(host)}`)
      },
      leave() {
        if (!left) opened.leave()
        left = true
      },
    }
  }
  return { wayTo: (host) => wayOver(host, host.connection.jumps ?? []) }
}

const lastOf = (chain: readonly Target[]): Target => {
  const last = chain.at(-1)
  if (last === undefined) throw new RangeError('no jump host')
  return last
}

/** Two that differ in this are logged in apart. */
export const jumpIdentity = (jump: Target): string => {
  const { identityFile, knownHosts, hostKeyChecking, hostKeyAlias } = jump.connection
  return JSON.stringify([place(jump), identityFile, knownHosts, hostKeyChecking, hostKeyAlias])
}
