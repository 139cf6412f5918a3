/** One step of a JSON pointer (RFC 6901). */
export function step(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The keys of a JSON pointer. */
export function steps(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A JSON pointer as people read it: `tiers.web.hosts.web1.address`; undefined for the whole document. */
export function dotted(pointer: string): string | undefined {
  return pointer === '' ? undefined : steps(pointer).join('.')
}
