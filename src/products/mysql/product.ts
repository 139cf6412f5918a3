import type { Product } from '../../run/failover/product.ts'

/** MySQL, as the command line knows it. */
export const mysql: Product = {
  name: 'MySQL',
  roles: ['mysql'],
  failover: async () => (await import('./switchover/failover.ts')).mysqlFailover,
}
