/** When a hook is called. */
export const MOMENTS = ['planned', 'begun', 'drained', 'back', 'failed', 'finished'] as const
export type Moment = (typeof MOMENTS)[number]

/** Somebody who is told of a run: a program or a web address. */
export interface Hook {
  readonly on: readonly Moment[]
  /** A program and its arguments; a path with a `/` is relative to the project's folder. */
  readonly run?: readonly string[] | undefined
  readonly url?: string | undefined
  /** Absolute path of a file that holds the address, where that itself is a secret. */
  readonly urlFile?: string | undefined
  /** Absolute path of a file with headers, one a line: `Authorization: Bearer …`. */
  readonly headersFile?: string | undefined
  /** Seconds. */
  readonly timeout: number
  /** Where it fails before the first change, the run ends. */
  readonly required: boolean
  readonly dryRuns: boolean
}

/** How people call it. */
export const nameOfHook = ({ run, url, urlFile }: Hook): string =>
  run ? (run[0] ?? '') : url === undefined ? (urlFile ?? '') : originOf(url)

/** A path may hold a token. */
function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    return 'its address'
  }
}

/** What a hook is handed: one JSON document, secrets masked. */
export interface HookCall {
  readonly format: 'provision-hook'
  readonly version: 1
  readonly moment: Moment
  /** One line for people. */
  readonly text: string
  /** Those that it is about: all with changes, the one that failed, was taken out or is back. */
  readonly hosts: readonly string[]
  readonly run: HookRun
  /** As docs/events.md has it. */
  readonly event: object
}

/** The run, as a hook knows it. */
export interface HookRun {
  readonly id: string
  readonly inventory: string
  readonly check: boolean
  /** `anna@desk` */
  readonly by: string
  readonly began: string
}
