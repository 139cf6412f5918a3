import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Objects of which is looked at whether anybody still holds them. */
export interface Watched {
  add(...objects: readonly object[]): void
  /** How many of them are there, once all that nobody holds is gone. */
  held(): Promise<number>
  readonly size: number
}

export function watched(): Watched {
  const references: WeakRef<object>[] = []
  return {
    add(...objects) {
      for (const one of objects) references.push(new WeakRef(one))
    },
    async held() {
      // What was looked at in a turn of the event loop is held until its end.
      await new Promise((resolve) => setImmediate(resolve))
      if (typeof collect !== 'function') throw new Error('the collector of garbage is not at hand')
      collect()
      return references.filter((one) => one.deref() !== undefined).length
    },
    get size() {
      return references.length
    },
  }
}
