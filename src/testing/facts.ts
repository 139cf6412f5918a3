import type { Facts } from '../facts/facts.ts'

/** A plain Debian host. */
export const FACTS: Facts = {
  os: { id: 'debian', versionId: '13', codename: 'trixie' },
  arch: 'amd64',
  hostname: 'host1',
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 257,
  virtualization: 'kvm',
  defaultInterface: 'eth0',
  addresses: {},
}
