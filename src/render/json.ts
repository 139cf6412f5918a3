import type { Event } from '../execute/events.ts'
import type { Renderer, RenderOptions } from './renderer.ts'
import { flushed } from './stream.ts'

/** Raised when a reader of the events would have to change; new kinds of events and new fields don't raise it. */
export const JSON_VERSION = 1

/** C1 controls and DEL, which JSON allows as they are and a terminal may act on. */
const CONTROLS = /[\u007f-\u009f]/g

/**
 * One JSON object per line: a header with the version of the format, then each event as it happens. Secrets are masks
 * in the events already; a `Secret` that got in all the same serialises as its mask.
 */
export function jsonRenderer(options: RenderOptions): Renderer {
  const write = (value: object) => {
    const json = JSON.stringify(value).replaceAll(
      CONTROLS,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    options.out.write(`${json}\n`)
  }
  write({ type: 'header', format: 'provision-events', version: JSON_VERSION })
  return {
    event: (event: Event) => write(event),
    shown: async () => undefined,
    finish: () => flushed([options.out]),
  }
}
