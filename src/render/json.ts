import type { Event } from '../execute/events.ts'
import { hasLongList, jsonLine } from '../schemas/json-line.ts'
import { atOnce, breathing, type Steps } from './format/steps.ts'
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
  /** A long event that is being written, and all that comes after it. */
  let waiting: Promise<void> | undefined
  const write = (value: object): void => {
    const steps = () => pieces(value, options.out)
    if (waiting === undefined && !hasLongList(value)) atOnce(steps())
    else waiting = (waiting ?? Promise.resolve()).then(() => breathing(steps()))
  }
  write({ type: 'header', format: 'provision-events', version: JSON_VERSION })
  return {
    event: (event: Event) => write(event),
    shown: async () => undefined,
    async finish() {
      await waiting
      await flushed([options.out])
    },
  }
}

function* pieces(value: object, out: NodeJS.WritableStream): Steps<void> {
  for (const piece of jsonLine(value)) {
    out.write(piece.replaceAll(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
    yield
  }
}
