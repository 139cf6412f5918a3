import type { Failover } from './port.ts'

/** A product with what the command line has for it. Light: what is heavy is imported when it is needed. */
export interface Product {
  /** As people call it: `MySQL`. */
  readonly name: string
  /** The roles by which a project uses it. */
  readonly roles: readonly string[]
  /** How the primary of a tier of it is moved; not given where there is none. */
  readonly failover?: () => Promise<Failover>
}

/** How primaries are moved, of all products that have one. */
export async function failoversOf(products: readonly Product[]): Promise<Failover[]> {
  return Promise.all(products.flatMap(({ failover }) => (failover ? [failover()] : [])))
}
