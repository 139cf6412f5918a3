import type { HostResult } from '../execute/events.ts'
import { line, span } from './format/line.ts'
import { listing } from './format/words.ts'
import { ending, type LiveList, type LiveRow } from './live-view.ts'

/** With so few hosts left to read, they are named. */
const FEW = 3

/** Hosts that are asked how they are. */
export interface ReadingView {
  readonly list: LiveList
  planned(host: string): void
  ended(result: HostResult): void
  /** A word about the whole run, beside the count. */
  note(text: string): void
  end(): void
}

/** How many have answered, and those that failed; nothing stays of it. */
export function readingView(hosts: readonly string[]): ReadingView {
  const left = new Set(hosts)
  const failed: LiveRow[] = []
  const { ended, end } = ending()
  let noted: string | undefined
  const title = () => {
    const waiting = left.size > 0 && left.size <= FEW ? `  waiting for ${listing([...left])}` : ''
    return line(
      'reading hosts  ',
      `${hosts.length - left.size}/${hosts.length}`,
      ...(failed.length === 0 ? [] : [span('bad', `  ${failed.length} failed`)]),
      noted === undefined ? span('dim', waiting) : span('warn', `  ${noted}`),
    )
  }
  return {
    list: { view: () => ({ head: { state: 'active', title }, rows: failed }), final: () => undefined, ended },
    planned: (host) => void left.delete(host),
    ended({ host, failure }) {
      left.delete(host)
      if (failure === undefined) return
      const [message = ''] = failure.message.split('\n')
      const what = line(span('bold', host), '  ', span('bad', message))
      failed.push({ state: 'failed', title: () => what, ended: failed.length })
    },
    note(text) {
      noted = text
    },
    end,
  }
}
