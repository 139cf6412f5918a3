import { type ImageSpec, SUITES } from '../../src/lab/image.ts'

/**
 * What an inventory can't say about a lab host: the system it runs.
 * A host that is called like a suite (`bookworm1`) runs it; every other that is not named here is a trixie with the usual sudo.
 */
const VARIANTS: Readonly<Record<string, Partial<ImageSpec>>> = {
  lb1: { sudoRs: true },
  db1: { suite: 'sid' },
  db2: { suite: 'sid' },
  db3: { suite: 'sid' },
}

/** The image that a host of the inventory runs on. */
export function imageOf(host: string): ImageSpec {
  const named = SUITES.find((suite) => host.replace(/\d+$/, '') === suite)
  return { suite: named ?? 'trixie', sudoRs: false, ...VARIANTS[host] }
}
