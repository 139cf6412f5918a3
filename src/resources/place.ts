import { AsyncLocalStorage } from 'node:async_hooks'

const noting = new AsyncLocalStorage<true>()

/**
 * Runs a role with the place of each of its resources noted. That costs more than to make the resource, so it is not
 * done where nobody asks: a role is pure, and can be run again once somebody does.
 */
export function withPlaces<T>(run: () => T): T {
  try {
    return noting.run(true, run)
  } finally {
    // Or every promise of the process would be followed from now on.
    noting.disable()
  }
}

export const isNotingPlaces = (): boolean => noting.getStore() ?? false

/**
 * Notes in a resource where it was declared.
 * @param below what the role called: what goes on in there is nobody's business
 */
export function notePlace<R extends object>(resource: R, below: (input: never) => unknown): R {
  // Its property `stack` shows in no copy and in no JSON, and is made text only when it is read.
  Error.captureStackTrace(resource, below)
  return resource
}
