/** How a simulated host behaves. */
export type Behaviour =
  | 'answers'
  /** Takes its time over the answer. */
  | 'slow'
  /** Nothing listens there. */
  | 'refuses'
  /** Takes the connection and says nothing. */
  | 'silent'
  /** Closes the connection before anybody could log in. */
  | 'hangs-up'

export interface SimulatedHost {
  readonly name: string
  /** The site that it is at: a process that serves all hosts of it. */
  readonly site: number
  readonly address: string
  readonly behaviour: Behaviour
}

/** Milliseconds that a slow host takes beyond what others take. */
export const SLOW_MS = 5000

const UNREACHABLE = ['refuses', 'silent', 'hangs-up'] as const

/**
 * So many hosts, spread over sites. In a fleet with trouble every tenth is unreachable, in one way after the other, and
 * every twentieth is slow.
 */
export function simulatedHosts(count: number, sites: number, trouble: boolean): SimulatedHost[] {
  return Array.from({ length: count }, (_, i) => {
    const site = i % sites
    return {
      name: `h${String(i + 1).padStart(4, '0')}`,
      site,
      address: `127.${site + 1}.${(i >> 8) & 255}.${i & 255}`,
      behaviour: trouble ? behaviourOf(i) : 'answers',
    }
  })
}

function behaviourOf(index: number): Behaviour {
  if (index % 10 === 3) return UNREACHABLE[Math.floor(index / 10) % UNREACHABLE.length] ?? 'refuses'
  return index % 20 === 7 ? 'slow' : 'answers'
}

export const isReachable = ({ behaviour }: SimulatedHost): boolean => behaviour === 'answers' || behaviour === 'slow'
