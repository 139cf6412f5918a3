import type { Line } from './format/line.ts'

/** One row of a live list, looked at whenever the screen is drawn. */
export interface LiveRow {
  readonly state: 'waiting' | 'active' | 'done' | 'failed' | 'skipped'
  /** An empty one is counted, and not shown. */
  readonly title: () => Line
  /** What it says last, under the title. */
  readonly output?: (() => Line | undefined) | undefined
  /** Of one that has ended: it was the how-manieth. */
  readonly ended?: number | undefined
}

export interface LiveView {
  readonly head: LiveRow
  /** Under the head, in their order. */
  readonly rows: readonly LiveRow[]
}

/** A list that changes while it is on the screen. */
export interface LiveList {
  /** What is to be seen now. */
  readonly view: () => LiveView
  /** What stays on the screen at the end; undefined: nothing. */
  readonly final: () => LiveView | undefined
  readonly ended: Promise<void>
}

/** A promise, and what fulfils it. */
export function ending(): { readonly ended: Promise<void>; readonly end: () => void } {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end: () => end() }
}

/** Rows of a list that keep their places, done or not; with more of them those at work have the screen. */
export const MANY = 12
