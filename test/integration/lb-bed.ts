import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InputError } from '../../src/errors.ts'
import type { HostResult } from '../../src/execute/events.ts'
import type { LabHost } from '../../src/lab/host.ts'
import { run } from '../../src/run/run.ts'
import type { Lab } from '../lab/lab.ts'
import { startTestLab, testLab } from '../lab/test-labs.ts'
import { lbVars } from './lb-vars.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PLACE = testLab('lb')

/** Where the machine that runs the test is seen from. */
export const GATEWAY = `${PLACE.subnet}.1`
export const VIP_A = `${PLACE.subnet}.101`
export const VIP_B = `${PLACE.subnet}.102`
/** Floating addresses and who has them while all is well. */
export const VIPS = { [VIP_A]: 'lb1', [VIP_B]: 'lb2' }

/** The balancers are bare; what is behind them is not what is tried. One balancer on trixie with sudo-rs, one on bookworm: haproxy 3.0 and 2.6, keepalived 2.3 and 2.2. */
const HOSTS = [
  { name: 'web1', tier: 'web', installed: true },
  { name: 'web2', tier: 'web', installed: true },
  { name: 'web3', tier: 'web', installed: true },
  { name: 'lb1', tier: 'lb', user: 'deploy', sudo: 'password', sudoRs: true },
  { name: 'lb2', tier: 'lb', user: 'deploy', suite: 'bookworm' },
  { name: 'mon1', tier: 'monitor' },
] as const

const SITE = {
  tiers: [
    { name: 'web', roles: ['nginx'] },
    { name: 'lb', roles: ['ufw', 'haproxy', 'keepalived'], rollout: { serial: 1, max_fail_percentage: 0 } },
    { name: 'monitor', roles: [] },
  ],
}

const WEB_VARS = {
  nginx_sites: [{ name: 'hello', listen: [80], files: { 'index.html': '{{host}}\n' } }],
  nginx_real_ip_from_tiers: ['lb'],
  nginx_firewall: false,
}

export const LB_VARS = lbVars(PLACE.subnet)

export interface Done {
  readonly results: readonly HostResult[]
  /** Of a run that was refused before anything was changed. */
  readonly refused: string
  result(host: string): HostResult
}

export interface Bed {
  readonly lab: Lab
  host(name: string): LabHost
  /** Root on a host; fails the test when the command does. */
  on(name: string, command: string): Promise<string>
  /** Writes what the lb tier is given. */
  given(vars: Readonly<Record<string, unknown>>): void
  provision(options?: { limit?: string[]; tags?: string[] }): Promise<Done>
  /** Names of the balancers that hold each address, `lb1` or `lb1 lb2` or nothing. */
  owners(): Promise<Record<string, string>>
}

export async function lbBed(): Promise<Bed> {
  const lab = await startTestLab({ ...PLACE, hosts: HOSTS })
  const write = (path: string, data: unknown) => writeFileSync(join(lab.inventory, path), JSON.stringify(data))
  mkdirSync(join(lab.inventory, 'group_vars'), { recursive: true })
  write('site.yml', SITE)
  write('group_vars/web.yml', WEB_VARS)
  const host = (name: string): LabHost => {
    const found = lab.hosts.get(name)
    if (!found) throw new Error(`no host ${name}`)
    return found
  }
  const on = async (name: string, command: string): Promise<string> => {
    const { code, stdout, stderr } = await host(name).exec(command)
    if (code !== 0) throw new Error(`${name}: ${command}: status ${code} ${stderr}${stdout}`)
    return stdout
  }
  return {
    lab,
    host,
    on,
    given: (vars) => write('group_vars/lb.yml', vars),
    async provision({ limit = [], tags = [] } = {}) {
      const options = { root: ROOT, inventory: lab.inventory, check: false, forks: 10, vars: [], showScripts: false }
      try {
        const { results } = await run({ ...options, limit, tags }, { emit: () => undefined })
        return { results, refused: '', result: (name) => resultOf(results, name) }
      } catch (error) {
        if (!(error instanceof InputError)) throw error
        const refused = error.problems.map(({ message, hint }) => `${message} (${hint ?? ''})`).join('\n')
        return { results: [], refused, result: (name) => resultOf([], name) }
      }
    },
    async owners() {
      const held = await Promise.all(
        ['lb1', 'lb2'].map(async (name) => ({
          name,
          // A host without power holds nothing.
          addresses: (await host(name).exec('ip -o -4 addr show dev eth0')).stdout,
        })),
      )
      return Object.fromEntries(
        Object.keys(VIPS).map((vip) => [
          vip,
          held
            .filter(({ addresses }) => addresses.includes(` ${vip}/`))
            .map(({ name }) => name)
            .join(' '),
        ]),
      )
    },
  }
}

const resultOf = (results: readonly HostResult[], host: string): HostResult => {
  const found = results.find((one) => one.host === host)
  if (!found) throw new Error(`no result of ${host}`)
  return found
}
