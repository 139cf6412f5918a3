import { scaleUtc } from 'd3-scale'

export interface Tick {
  /** Of the whole: 0 to 1. */
  readonly part: number
  readonly text: string
}

/** Round times of a run, from its begin. */
export function ticksOf(from: number, to: number, count = 6): Tick[] {
  if (to <= from) return []
  return scaleUtc([from, to], [0, 1])
    .ticks(count)
    .map((date) => ({ part: (date.getTime() - from) / (to - from), text: clock(date.getTime()) }))
}

/** `0.5 s`, `12 s`, `1:30`, `1:02:00` since the run's begin. */
export function clock(ms: number): string {
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  const two = (part: number) => String(part).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** As an attribute of SVG: drawings are as wide as the page, and no text in them is stretched. */
export const percent = (part: number): string => `${Number((Math.min(Math.max(part, 0), 1) * 100).toFixed(3))}%`
