import { join } from 'node:path'
import { testLab } from '../../lab/test-labs.ts'
import { plannedOf, provision, type Run, startProvision } from '../provision.ts'
import { type TestBed, testBed } from '../test-bed.ts'

const PLACE = testLab('stack')
export const TIERS = {
  db: ['db1', 'db2', 'db3'],
  app: ['app1', 'app2', 'app3'],
  web: ['web1', 'web2', 'web3'],
  lb: ['lb1', 'lb2'],
  monitor: ['mon1'],
} as const
export type Tier = keyof typeof TIERS
export const HOSTS: readonly string[] = Object.values(TIERS).flat()
/** Twelve hosts from nothing: minutes, and many of them where the machine has other work to do. */
export const LONG = 1_500_000

/** Alerts that wait as long as people want them to would make this a slow test. */
const SOON = { InstanceDown: '5s', VipWithoutOwner: '5s', ServerDown: '5s', ReplicationStopped: '5s' }

/** The inventory that `npm run demo` shows, on hosts of its own. */
export interface Stack extends TestBed {
  readonly vips: readonly [a: string, b: string]
  run(...args: string[]): Promise<Run>
  /** By a process of its own, started with these words. */
  runAlone(...args: string[]): Promise<Run>
  addressOf(host: string): string
  /** What each host would change. */
  planned(run: Run): Record<string, string[]>
  /** Names of the balancers that hold each floating address, `lb1` or `lb1 lb2` or nothing. */
  owners(): Promise<readonly [a: string, b: string]>
  /** A page as one host gets it from another; undefined when there is no way. */
  fetchFrom(from: string, url: string): Promise<string | undefined>
}

export const NOTHING: Record<string, string[]> = Object.fromEntries(HOSTS.map((host) => [host, []]))

export function stackBed(): Stack {
  const bed = testBed(PLACE)
  const vips = [`${PLACE.subnet}.101`, `${PLACE.subnet}.102`] as const
  const words = (args: readonly string[]) => [
    ...['-i', bed.lab.inventory, '--var', `prometheus_alert_for=${JSON.stringify(SOON)}`],
    ...args,
  ]
  const here = () => ({
    env: { XDG_CACHE_HOME: join(bed.dir, 'cache'), XDG_STATE_HOME: join(bed.dir, 'state') },
  })
  const ownersOf = (vip: string, held: readonly { name: string; addresses: string }[]): string =>
    held
      .filter(({ addresses }) => addresses.includes(` ${vip}/`))
      .map(({ name }) => name)
      .join(' ')
  return {
    get lab() {
      return bed.lab
    },
    get dir() {
      return bed.dir
    },
    host: bed.host,
    on: bed.on,
    project: bed.project,
    vips,
    run: (...args) => provision(words(args), here()),
    runAlone: (...args) => startProvision(words(args), here()).done,
    addressOf: (host) => bed.host(host).address,
    planned: (run) => Object.fromEntries(HOSTS.map((name) => [name, plannedOf(run.plan(name))])),
    async owners() {
      const held = await Promise.all(
        // A host without power holds nothing.
        TIERS.lb.map(async (name) => ({
          name,
          addresses: (await bed.host(name).exec('ip -o -4 addr show dev eth0')).stdout,
        })),
      )
      return [ownersOf(vips[0], held), ownersOf(vips[1], held)]
    },
    async fetchFrom(from, url) {
      const { hostname, port, pathname } = new URL(url)
      const script = `exec 3<>/dev/tcp/$1/$2 || exit 1; printf 'GET %s HTTP/1.0\\r\\nHost: lab\\r\\n\\r\\n' "$3" >&3; cat <&3`
      const command = ['timeout', '10', 'bash', '-c', script, 'get', hostname, port || '80', pathname]
      const done = await bed.host(from).exec(command)
      return done.code === 0 ? done.stdout : undefined
    },
  }
}
