import type { Event } from '../execute/events.ts'

/** Shows a run. It decides nothing: it is told everything by events. */
export interface Renderer {
  event(event: Event): void
  /**
   * Of one that draws lines anew that stand above the cursor: keeps them as they are while somebody is asked below them, who
   * puts the cursor back.
   * @returns goes on with drawing
   */
  hold?(): () => void
  /** Resolves when what was told so far, and is not live, is on the screen. */
  shown(): Promise<void>
  /** Resolves when everything is written. */
  finish(): Promise<void>
}

export interface RenderOptions {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
  readonly color: boolean
  /** Terminal width in columns, where it is not told by the terminal. */
  readonly columns: number
  /** Show the diffs of planned changes. */
  readonly diff: boolean
  /** The same where somebody is asked about them; default: as `diff`. */
  readonly planDiff?: boolean
  /** Long new texts are shown whole in plans. */
  readonly full?: boolean
  /** 0 quiet … 2: also unchanged resources and timings. */
  readonly verbosity: number
}
