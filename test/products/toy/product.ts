import type { Product } from '../../../src/run/failover/product.ts'

export const toy: Product = {
  name: 'Toy',
  roles: ['toy'],
  failover: async () => (await import('./failover.ts')).toyFailover,
}
