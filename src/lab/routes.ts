/**
 * Devices that the kernel sends packets for a network through, in the order in which it tries them.
 * @param table /proc/net/route: addresses are hexadecimal, their bytes reversed (proc_net_route of the kernel's documentation)
 * @param subnet first three numbers of a network of 256 addresses
 */
export function devicesFor(subnet: string, table: string): string[] {
  const wanted = hexOf(`${subnet}.0`)
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .flatMap(([device, destination, , , , , , mask]) =>
      device !== undefined && destination === wanted && mask === '00FFFFFF' ? [device] : [],
    )
}

/**
 * Of an engine's rules, those that give packets of the network another sender when they leave by another bridge than this
 * one: left over, they do so between the hosts of the network too, and no firewall knows who asks.
 * @param rules what `iptables -t nat -S POSTROUTING` prints
 * @returns the bridge of each, with the words of its rule
 */
export function masquerades(subnet: string, rules: string): { readonly bridge: string; readonly rule: string[] }[] {
  return rules.split('\n').flatMap((line) => {
    const words = line.trim().split(' ')
    const [, bridge] =
      /^-A POSTROUTING -s (?:[0-9.]+\/24) ! -o (br-[0-9a-f]{12}) -j MASQUERADE$/.exec(line.trim()) ?? []
    return bridge !== undefined && words[3] === `${subnet}.0/24` ? [{ bridge, rule: words.slice(1) }] : []
  })
}

const hexOf = (address: string): string =>
  address
    .split('.')
    .reverse()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('')

/**
 * Of these devices, bridges of an engine that is gone: it named them after a network (`br-` and its id's first twelve
 * digits) that the engine which answers does not know.
 */
export function staleBridges(devices: readonly string[], networks: readonly string[]): string[] {
  const known = new Set(networks.map((id) => `br-${id.slice(0, 12)}`))
  return devices.filter((device) => /^br-[0-9a-f]{12}$/.test(device) && !known.has(device))
}
