import type { ImageSpec } from '../../src/lab/image.ts'

/**
 * What an inventory can't say about a lab host: the system it runs.
 * Every host that is not named here is a trixie with the usual sudo.
 */
const VARIANTS: Readonly<Record<string, Partial<ImageSpec>>> = {
  lb1: { sudoRs: true },
  db1: { suite: 'sid' },
  db2: { suite: 'sid' },
  db3: { suite: 'sid' },
  bookworm1: { suite: 'bookworm' },
}

/** The image that a host of the inventory runs on. */
export function imageOf(host: string): ImageSpec {
  return { suite: 'trixie', sudoRs: false, ...VARIANTS[host] }
}
