export interface FleetSize {
  /** Hosts that are logged in at. */
  readonly hosts: number
  /** What the user says; undefined: nothing. */
  readonly asked: number | undefined
}

/** How many processes hold the connections; 0: the run itself holds them. */
export const howManyWorkers = ({ hosts, asked = 0 }: FleetSize): number => Math.min(asked, hosts)
