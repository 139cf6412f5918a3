import type { Frontend } from './vars.ts'

/** Where clients connect: `80`, `192.0.2.1:443`. */
export const bindsOf = (frontend: Frontend): string[] => (frontend.bind ?? [frontend.tls ? 443 : 80]).map(String)

export const portOf = (bind: string): number => Number(bind.split(':').at(-1))
export const addressOf = (bind: string): string => bind.slice(0, -String(portOf(bind)).length).replace(/:$/, '')
const isLoopback = (bind: string): boolean => /^(127\.|\[::1\])/.test(bind)

/** Addresses that frontends bind by name; such an address may be on another host when haproxy starts. */
export function boundAddresses(frontends: readonly Frontend[]): string[] {
  const named = frontends.flatMap(bindsOf).filter((bind) => !isLoopback(bind))
  return [...new Set(named.map((bind) => addressOf(bind).replace(/^\[|\]$/g, '')))].filter(
    (address) => !['', '*', '0.0.0.0', '::'].includes(address),
  )
}

/** Ports that clients of a frontend come to, for the firewall. */
export const openPorts = (frontend: Frontend): number[] => [
  ...new Set(
    bindsOf(frontend)
      .filter((bind) => !isLoopback(bind))
      .map(portOf),
  ),
]
