import { setImmediate as nextTurn } from 'node:timers/promises'

/** Work that may be left at each of its steps, and gone on with. */
export type Steps<T> = Generator<undefined, T>

/** Milliseconds after which others have their turn: keepalives, a Ctrl-C, what hosts say. */
const BREATH_MS = 20

/** All of it now. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** All of it, and the rest of the program goes on meanwhile. */
export async function breathing<T>(steps: Steps<T>, breath = BREATH_MS): Promise<T> {
  let since = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() - since < breath) continue
    await nextTurn()
    since = performance.now()
  }
}
