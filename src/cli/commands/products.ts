import { mysql } from '../../products/mysql/product.ts'
import type { Product } from '../../run/failover/product.ts'

/** The products that have something on the command line. */
export const PRODUCTS: readonly Product[] = [mysql]
