import type { Script } from '../shell/script.ts'
import type { FileState, WantedFile } from './files.ts'
import type { Surroundings } from './surroundings.ts'
import type { UnitState } from './units.ts'

/** What somebody wants to know of files and of systemd's units, as data: a host is asked it once, for all who do. */
export interface Reads {
  readonly files?: readonly WantedFile[] | undefined
  /** Names with their suffix: `nginx.service`. */
  readonly units?: readonly string[] | undefined
}

/** A question to a host. */
export interface Question {
  /** One word, unique among those that are asked together. */
  readonly id: string
  readonly reads?: Reads | undefined
  /** Asks for what `reads` can't name. */
  readonly script?: Script | undefined
  /** Seconds that each part of it may take where it is asked apart from others. */
  readonly timeout: number
}

/** What a host answered to a question. */
export interface Answers {
  /** By path: each that `reads` named. */
  readonly files: ReadonlyMap<string, FileState>
  /** By path, where there is anything to tell besides the file itself. */
  readonly surroundings: ReadonlyMap<string, Surroundings>
  /** By name: each that `reads` named. */
  readonly units: ReadonlyMap<string, UnitState>
  /** What the question's own script printed; empty without one. */
  readonly own: string
}

/** What came of a question: its answer, or why it has none that can be used, as what follows `the probe of …`. */
export type Observation =
  | { readonly answers: Answers; readonly failed?: undefined; readonly printed?: undefined }
  | {
      readonly answers?: undefined
      readonly failed: string
      /** By its own script, until it failed. */
      readonly printed: string
    }
