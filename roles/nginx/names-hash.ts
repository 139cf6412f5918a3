import type { Site } from './vars.ts'

/**
 * Sizes of the table in which nginx looks up names of servers: a bucket must hold the longest one, and there must be about
 * as many buckets as names (ngx_hash.h: a name takes its bytes and two, rounded up, a pointer, and one that ends the bucket).
 */
export function namesHash(sites: readonly Site[]): { readonly bucketSize: number; readonly maxSize: number } {
  const names = sites.flatMap(({ server_name }) => server_name)
  const longest = Math.max(0, ...names.map((name) => Buffer.byteLength(name)))
  return {
    bucketSize: Math.max(128, powerOfTwo(Math.ceil((longest + 2) / 8) * 8 + 16)),
    maxSize: Math.max(512, powerOfTwo(names.length * 2)),
  }
}

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, least)))
