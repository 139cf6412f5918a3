import { stackBed } from './stack/bed.ts'
import { convergence, unchanged } from './stack/converge.ts'
import { drift } from './stack/drift.ts'
import { failover } from './stack/failover.ts'
import { monitoring } from './stack/monitoring.ts'
import { ports, service } from './stack/service.ts'
import { upgrade } from './stack/upgrade.ts'

/** One life of the whole stack, from bare hosts on: each part finds it as the one before has left it. */
const bed = stackBed()

convergence(bed)
service(bed)
monitoring(bed, () => {
  unchanged(bed)
  ports(bed)
})
failover(bed)
drift(bed)
upgrade(bed)
