import type { HostStory, Stretch } from './story.ts'

/** What took time: the same step, on however many hosts. */
export interface Cost {
  readonly doing: Stretch['doing']
  readonly key?: string | undefined
  /** Milliseconds on all hosts together. */
  readonly total: number
  readonly count: number
  readonly longest: { readonly host: string; readonly ms: number }
}

/** The most expensive first. Being at work is left out, for it is what the others are made of; so is the wait for others. */
export function costsOf(hosts: readonly HostStory[]): Cost[] {
  const costs = new Map<string, Cost>()
  for (const { host, stretches } of hosts) {
    for (const { doing, key, from, to } of stretches) {
      if (doing === 'work' || doing === 'wait') continue
      const ms = to - from
      const name = JSON.stringify([doing, key])
      const cost = costs.get(name)
      costs.set(name, {
        ...{ doing, key },
        total: (cost?.total ?? 0) + ms,
        count: (cost?.count ?? 0) + 1,
        longest: cost && cost.longest.ms >= ms ? cost.longest : { host, ms },
      })
    }
  }
  return [...costs.values()].toSorted((a, b) => b.total - a.total)
}
