import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { ensureEngine } from '../../src/lab/engine.ts'
import { hold } from '../../src/lab/lock.ts'
import { findLab, type Lab, type LabSpec, startLab } from './lab.ts'

/** The labs of tests; the place of each in this list is the third number of its addresses. */
const NAMES = [
  ...['access', 'accounts', 'app', 'connection', 'content', 'interrupted', 'lab', 'lb', 'mysql', 'package'],
  ...['roles', 'rolling', 'rolling-tiers', 'rolling-verify', 'stack', 'suites', 'switchover', 'ufw'],
  ...['auth', 'looking', 'bastion'],
] as const
export type TestLabName = (typeof NAMES)[number]

/** What a test's lab is called and where it is. */
export interface TestLabPlace {
  readonly name: string
  /** The first three numbers of its addresses. */
  readonly subnet: string
}

/**
 * The place of a test's lab. Each checkout on a machine has names and networks of its own, so that no test meets the
 * hosts of another checkout: those of a run at the same time, or those that a killed run left.
 */
export function testLab(name: TestLabName, checkout = fileURLToPath(new URL('../../', import.meta.url))): TestLabPlace {
  const hash = createHash('sha256').update(checkout).digest()
  // 10.77 and 10.78 are for labs that people start.
  return {
    name: `${name}-${hash.toString('hex').slice(0, 6)}`,
    subnet: `10.${100 + (hash.readUInt32BE() % 150)}.${NAMES.indexOf(name)}`,
  }
}

/**
 * Brings up the lab of a test from new hosts: those that a killed run left are removed first.
 * @throws Error when another run of this test is at work in the same checkout
 */
export async function startTestLab(spec: LabSpec & TestLabPlace): Promise<Lab> {
  const release = await hold(`test-${spec.name}`)
  await ensureEngine(() => undefined)
  await (await findLab(spec.name))?.down()
  const lab = await startLab(spec)
  for (const host of lab.hosts.values()) host.keepStarter()
  return { ...lab, down: () => lab.down().finally(release) }
}
