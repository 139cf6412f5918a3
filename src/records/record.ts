import type { ProjectDigests } from '../digests/project-digests.ts'
import type { HostOutcome, Summary } from '../execute/events.ts'

/** Raised when a reader would have to change; new fields and new kinds of events don't raise it. */
export const RECORD_VERSION = 1
export const RECORD_FORMAT = 'provision-record'

/** Who began a run, and the process that does it. */
export interface Controller {
  /** Name of the user; behind sudo, of the one who called it. */
  readonly user: string
  /** Name of the machine. */
  readonly machine: string
  /** What no other machine, no other boot of it and no other container of it has; undefined: can't be told here. */
  readonly place?: string | undefined
  readonly pid: number
  /** When the process began, in the kernel's ticks: a number of a process is used again. */
  readonly ticks?: string | undefined
}

/** What is known of a run when it begins. Secrets are masked in all of it. */
export interface RecordHead {
  readonly id: string
  /** ISO 8601, UTC. */
  readonly began: string
  readonly by: Controller
  /** Absolute path of the project's folder. */
  readonly project: string
  /** Name of the inventory, or its path in the project. */
  readonly inventory: string
  readonly check: boolean
  /** The version of provision. */
  readonly provision: string
  /** What was typed. */
  readonly argv: readonly string[]
  /** The words that do the same once more, but for the hosts; without `provision`. */
  readonly again: readonly string[]
  /** `--limit` as it was given. */
  readonly limit: readonly string[]
}

/** What became of one host, as far as the record goes. */
export interface RecordedHost {
  readonly host: string
  readonly tier: string
  /** waiting: it was not begun; unfinished: nobody heard how it ended. */
  readonly outcome: HostOutcome | 'waiting' | 'unfinished'
  /** Keys of what was changed; in a dry run, of what would be. */
  readonly changed: readonly string[]
  /** What it was at when the record ended; only where it is unfinished. */
  readonly at?: string | undefined
  readonly failure?: { readonly code: string; readonly message: string; readonly resource?: string | undefined }
}

/** What the events of a run amount to. */
export interface RecordedOutcome {
  readonly summary?: Summary | undefined
  /** In the order of the inventory. */
  readonly hosts: readonly RecordedHost[]
  /** What was wrong with the input, where that came to light after the run had begun. */
  readonly problems: readonly string[]
  /** The hosts were changed together: what failed is run again as a whole. */
  readonly whole: boolean
}

/** How a run ended; absent where nobody was left to write it. */
export interface RecordEnd extends RecordedOutcome {
  /** Exit status. */
  readonly status: number
  /** Milliseconds from the run's begin. */
  readonly ms: number
  readonly digests?: ProjectDigests | undefined
}

/**
 * ended: the run came to its end. running: it is at work. killed: its process is gone, and nobody wrote an end. cut: the
 * run went on, but its record could not be written to the end.
 */
export type RecordState = 'ended' | 'running' | 'killed' | 'cut'
