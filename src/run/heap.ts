import { setFlagsFromString } from 'node:v8'

/** Fewer hosts need so little memory that nothing is to be gained. */
const MANY_HOSTS = 300
/** Percent by which what a run holds may grow with garbage before that is collected. */
const GARBAGE = 30

/**
 * A run of thousands of hosts makes much garbage and holds little: the engine, left alone, lets it become three times what is
 * held before it collects it, and then all at once. Collected earlier, the process is half as large, and its pauses are short:
 * nobody's keepalive is late for them. It costs some percent of CPU time.
 * @returns whether that was done
 */
export function spareHeap(hosts: number): boolean {
  if (hosts < MANY_HOSTS) return false
  setFlagsFromString(`--heap-growing-percent=${GARBAGE}`)
  return true
}
