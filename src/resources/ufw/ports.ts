/** Ports as ufw writes them: `any`, `22`, `80,443`, `6000:6100`, sorted. */
export type Range = readonly [low: number, high: number]

/** iptables' multiport takes 15 ports; a range counts twice. */
const MOST = 15

/**
 * Reads a port list into its normal form.
 * @returns undefined when ufw would refuse it. Names of /etc/services are not taken: their meaning is the target's.
 */
export function normalPorts(text: string): string | undefined {
  const items = text.split(',').map((item) => item.trim())
  const ranges = items.map(rangeOf)
  if (ranges.some((range) => range === undefined) || items.join().split(/[,:]/).length > MOST) return undefined
  return sortPorts([...new Set(items.map((item) => item.split(':').map(Number).join(':')))]).join(',')
}

/** Ranges of a port list that ufw wrote; `any` is all of them. */
export function rangesOf(ports: string): readonly Range[] {
  if (ports === 'any') return [[0, 65535]]
  return ports.split(',').flatMap((item) => {
    const range = rangeOf(item)
    return range ? [range] : []
  })
}

export function portsOverlap(a: string, b: string): boolean {
  return rangesOf(a).some((one) => rangesOf(b).some((other) => one[0] <= other[1] && other[0] <= one[1]))
}

const rangeOf = (item: string): Range | undefined => {
  const found = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(item)
  if (!found) return undefined
  const low = Number(found[1])
  const high = Number(found[2] ?? found[1])
  const valid = low >= 1 && high <= 65535 && (found[2] === undefined || low < high)
  return valid ? [low, high] : undefined
}

/** ufw's human_sort: by number; a single port comes before a range that starts with it. */
const sortPorts = (items: readonly string[]): string[] => {
  const key = (item: string): Range => {
    const [low = 0, high = 0] = item.split(':').map(Number)
    return [low, high]
  }
  return [...items].sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1])
}
