import type { Facts } from './facts.ts'

/**
 * Facts from what `factsProbe` printed.
 * @throws Error when the answer is not whole.
 */
export function parseFacts(answer: string): Facts {
  const { head, addresses, routes } = sections(answer)
  const values = new Map(head.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const text = (name: string): string => {
    const value = values.get(name)
    if (value === undefined) throw new Error(`facts: no ${name} in the answer`)
    return value
  }
  const count = (name: string): number => {
    const value = text(name)
    if (!/^[1-9]\d*$/.test(value)) throw new Error(`facts: ${name} is '${value}'`)
    return Number(value)
  }
  if (text('id') === '') throw new Error('facts: /etc/os-release has no ID')
  return {
    os: { id: text('id'), versionId: text('version_id'), codename: text('codename') },
    arch: text('arch'),
    hostname: text('hostname'),
    cpus: count('cpus'),
    memoryMiB: Math.round(count('memory') / 1024 / 64) * 64,
    openFiles: openFiles(values),
    // `252`, `257~rc1`, `256.7-1`
    systemd: Number.parseInt(text('systemd'), 10) || 0,
    virtualization: text('virtualization') || 'none',
    defaultInterface: defaultInterface(routes),
    addresses: addressesOf(addresses),
  }
}

/** CAP_SYS_RESOURCE: a process with it may raise a limit beyond its own. */
const SYS_RESOURCE = 1n << 24n

/** The kernel's own default of fs.nr_open. */
const USUAL_FILES = 1_048_576

function openFiles(values: ReadonlyMap<string, string>): number {
  const number = (name: string): number | undefined => {
    const value = values.get(name) ?? ''
    return /^[1-9]\d*$/.test(value) ? Number(value) : undefined
  }
  const capabilities = /^[0-9a-f]+$/.exec(values.get('capabilities') ?? '')?.[0]
  const raises = capabilities !== undefined && (BigInt(`0x${capabilities}`) & SYS_RESOURCE) !== 0n
  const kernel = number('files_kernel') ?? USUAL_FILES
  return raises ? kernel : Math.min(kernel, number('files') ?? kernel)
}

function sections(answer: string): { head: string[]; addresses: string[]; routes: string[] } {
  const lines = answer.split('\n').filter((line) => line !== '')
  const first = lines.indexOf('[addresses]')
  const second = lines.indexOf('[routes]')
  if (first < 0 || second < first) throw new Error('facts: the answer is cut short')
  return { head: lines.slice(0, first), addresses: lines.slice(first + 1, second), routes: lines.slice(second + 1) }
}

/** The interface of the default route with the lowest metric; IPv4's come first. */
function defaultInterface(routes: readonly string[]): string {
  const found = routes.map((line) => ({
    name: /\bdev (\S+)/.exec(line)?.[1] ?? '',
    metric: Number(/\bmetric (\d+)/.exec(line)?.[1] ?? 0),
    ipv6: /\bvia [0-9a-f]*:|\bproto ra\b/.test(line),
  }))
  const best = found.sort((a, b) => Number(a.ipv6) - Number(b.ipv6) || a.metric - b.metric)[0]
  return best?.name ?? ''
}

interface Address {
  readonly device: string
  readonly address: string
  readonly prefix: number
  readonly ipv6: boolean
}

/** Addresses that stay from one run to the next. */
function addressesOf(lines: readonly string[]): Record<string, string[]> {
  const all = lines.flatMap(stable)
  const kept = all.filter((one) => !isFloating(one, all))
  const devices = [...new Set(kept.map((one) => one.device))].sort()
  return Object.fromEntries(
    devices.map((device) => [
      device,
      kept
        .filter((one) => one.device === device)
        .map((one) => one.address)
        .sort(),
    ]),
  )
}

// Containers' own links and networks come and go; so do privacy addresses (RFC 8981) and a balancer's.
const PASSING_DEVICE = /^(veth|br-[0-9a-f]{12}$|cali|cni|flannel|lxc)/
const PASSING_FLAG = /\b(temporary|deprecated|tentative|dadfailed|proto keepalived)\b/

function stable(line: string): Address[] {
  const found = /^\d+:\s+([^\s@]+)\S*\s+(inet6?)\s+([0-9a-fA-F.:]+)(?:\/(\d+))?(.*)$/.exec(line)
  const [, device, family, address, prefix, flags] = found ?? []
  if (device === undefined || address === undefined || PASSING_DEVICE.test(device)) return []
  if (PASSING_FLAG.test(flags ?? '')) return []
  const ipv6 = family === 'inet6'
  return [{ device, address, prefix: prefix === undefined ? (ipv6 ? 128 : 32) : Number(prefix), ipv6 }]
}

/** A /32 beside a real network's address is a virtual one, which moves between hosts. */
const isFloating = (one: Address, all: readonly Address[]): boolean =>
  !one.ipv6 && one.prefix === 32 && all.some((other) => other.device === one.device && !other.ipv6 && other.prefix < 32)
