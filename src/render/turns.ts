/** Which of how many hosts is at work. */
export interface Turns {
  /** The hosts to be changed are known: their number is the one that is told from now on. */
  count(): void
  /** It is a host's turn. */
  begin(host: string): void
  /** `[ 12/200] `; as wide where a host has had no turn yet, and empty where there is but one. */
  label(host: string): string
}

/** @param howMany hosts are to be changed, as far as is known */
export function turnsOf(howMany: () => number): Turns {
  const turns = new Map<string, number>()
  let total = 0
  return {
    count() {
      if (total === 0) total = howMany()
    },
    begin(host) {
      if (!turns.has(host)) turns.set(host, turns.size + 1)
      total = Math.max(total, turns.size)
    },
    label(host) {
      if (total <= 1) return ''
      const width = String(total).length
      const turn = turns.get(host)
      return turn === undefined ? ' '.repeat(2 * width + 4) : `[${String(turn).padStart(width)}/${total}] `
    },
  }
}
