/** The number before these words; 0: they are not there. */
export const numberIn = (text: string, what: string): number =>
  Number(new RegExp(`(\\d+) ${what}`).exec(text)?.[1] ?? 0)

/** Hosts in rows of a live list with this icon. */
export const rowsOn = (lines: readonly string[], icon: string): string[] =>
  lines.flatMap((line) => new RegExp(`^  ${icon} (web\\d+) `).exec(line)?.[1] ?? [])
