import { DEFAULT_PATH } from '../shell/frame.ts'

/** Where a target has what every script counts on. All hosts have it in the same places, but for those of tests. */
export interface Target {
  /** What the tool keeps there; root only. Nothing else is left behind. */
  readonly stateDir: string
  /** Where the kernel tells its clock and the id of its boot. */
  readonly proc: string
  /** Where sshd keeps the host's keys; undefined: /etc/ssh. */
  readonly hostKeys?: string | undefined
  /** Where commands are found. */
  readonly path: string
  /** Milliseconds without a renewal after which a lock that is held counts as lost; undefined: as it lasts there. */
  readonly leaseMs?: number | undefined
}

export const TARGET: Target = { stateDir: '/var/lib/provision', proc: '/proc', path: DEFAULT_PATH }
