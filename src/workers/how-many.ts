export interface FleetSize {
  /** Hosts that are logged in at. */
  readonly hosts: number
  /** Of this machine. */
  readonly cores: number
  /** What the user says; undefined: nothing. */
  readonly asked: number | undefined
}

/** With fewer, starting a process takes as long as it saves. */
const FEWEST_HOSTS = 100
/** On two cores it saves nothing: the system, and whoever else works there, has the other one. */
const FEWEST_CORES = 3
/** Hosts that one worker is enough for. */
const EACH = 1000
/** A run takes twice as long over a host as a worker does: more of them would wait for it. */
const MOST = 2

/** How many processes hold the connections; 0: the run itself holds them. */
export function howManyWorkers({ hosts, cores, asked }: FleetSize): number {
  if (asked !== undefined) return Math.min(asked, hosts)
  if (hosts < FEWEST_HOSTS || cores < FEWEST_CORES) return 0
  return Math.min(Math.ceil(hosts / EACH), MOST)
}
