import { EMPTY, type Script, sh } from '../../shell/script.ts'
import type { Obstacle } from '../resource.ts'

/** Seconds for all names: a resolver that is away is asked for longer, by itself. */
const PATIENCE = 5

/** The question which of these names the host can't look up, by the resolver that programs use; all at the same time. */
export const probeNames = (names: readonly string[], index: number): Script =>
  names.length === 0
    ? EMPTY
    : sh`
    for name in ${names}; do
      { timeout ${PATIENCE} getent ahosts "$name" >/dev/null || echo "@unresolved ${index} $name"; } &
    done
    wait`

/** Names that the probe of this set could not look up. */
export function parseUnresolved(answer: string, index: number): string[] {
  return answer
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([tag, number, name]) => (tag === '@unresolved' && number === String(index) && name ? [name] : []))
    .sort()
}

/** Somebody who changes /etc/hosts may clear the way. */
export const nameObstacle = (names: readonly string[]): Obstacle => ({
  path: '/etc/hosts',
  message: `${listed(names)} can't be looked up on this host, and what these files are for would not start`,
  hint: 'correct the name, give an address in its place, or make it known in DNS or /etc/hosts',
})

export const nameNote = (names: readonly string[]): string =>
  `${listed(names)} can't be looked up on this host now: what these files are for would not start`

const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(' and ')
