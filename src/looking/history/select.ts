import type { RecordOverview } from '../../records/read.ts'
import type { RecordedHost } from '../../records/record.ts'

export interface HistoryFilter {
  /** Names of hosts, one of which took part. */
  readonly hosts: readonly string[]
  /** Parts of keys of resources, one of which was changed or failed. */
  readonly resources: readonly string[]
}

/** A run that fits, and what of it does. */
export interface HistoryEntry extends RecordOverview {
  /** Hosts that were asked for; all, where none was. */
  readonly hosts: readonly RecordedHost[]
}

/** What of a run is wanted; undefined: nothing. */
export function selected(one: RecordOverview, { hosts, resources }: HistoryFilter): HistoryEntry | undefined {
  const all = one.outcome.hosts
  if (hosts.length === 0 && resources.length === 0) return { ...one, hosts: all }
  const fits = (key: string) => resources.some((part) => key.includes(part))
  const found = all
    .filter(({ host }) => hosts.length === 0 || hosts.includes(host))
    .flatMap((host): RecordedHost[] => {
      if (resources.length === 0) return [host]
      const changed = host.changed.filter(fits)
      const failed = fits(host.failure?.resource ?? '') || fits(host.at ?? '')
      return changed.length > 0 || failed ? [{ ...host, changed }] : []
    })
  return found.length === 0 ? undefined : { ...one, hosts: found }
}
