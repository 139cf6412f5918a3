import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { AdHocHost } from '../src/lab/spec.ts'
import { type Lab, startLab } from '../test/lab/lab.ts'

const INVENTORY = fileURLToPath(new URL('inventory', import.meta.url))

/** The tier of each host of a fleet: one monitor, about one load balancer to six hosts, the rest web servers. */
export function fleetHosts(count: number): AdHocHost[] {
  const balancers = Math.round(count / 6)
  const tierOf = (index: number): string => {
    if (index === 0 && count > 1) return 'monitor'
    return index <= balancers && count > 2 ? 'lb' : 'web'
  }
  return Array.from({ length: count }, (_, index) => ({
    name: `host${String(index + 1).padStart(2, '0')}`,
    tier: tierOf(index),
  }))
}

/** Hosts that run, with an inventory that describes them by the real roles. Root logs in, so that sudo is not measured. */
export async function startFleet(count: number, say: (message: string) => void): Promise<Lab> {
  const lab = await startLab({ name: process.env.LAB_NAME || 'bench', hosts: fleetHosts(count), say })
  await cp(INVENTORY, lab.inventory, { recursive: true })
  return lab
}
