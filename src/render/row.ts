import type { Line } from './format/line.ts'

/** One row of a live list as it is now. An empty title is not shown. */
export interface RowState {
  readonly title: Line
  /** What it says last, under the title. */
  readonly output?: Line | undefined
  readonly state: 'active' | 'done' | 'failed' | 'skipped'
}

/** A row that is told its states and tells them on, first of all the present one. */
export interface Row {
  set(state: RowState): void
  watch(onState: (state: RowState) => void): void
}

export function createRow(first: RowState): Row {
  let now = first
  let tell = (_: RowState): void => undefined
  return {
    set(state) {
      // What has ended stays as it ended.
      if (now.state !== 'active') return
      now = state
      tell(now)
    },
    watch(onState) {
      tell = onState
      tell(now)
    },
  }
}
