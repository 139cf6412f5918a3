import type { ImageSpec, Suite } from './image.ts'

/** How the login user becomes root; `none` is for hosts where root logs in. */
export type Sudo = 'none' | 'nopasswd' | 'password'

/** Everything that makes one host of a lab. */
export interface HostSpec extends ImageSpec {
  readonly name: string
  readonly tier: string
  readonly address: string
  /** A further name that the other hosts find it by. */
  readonly alias?: string | undefined
  /** The user that logs in; made where the image does not have it. */
  readonly user: string
  /** Where sshd listens, if not at 22. */
  readonly port?: number | undefined
  readonly sudo: Sudo
}

/** A host that no inventory describes: what is left out is the plainest choice. */
export interface AdHocHost {
  readonly name: string
  readonly tier?: string
  readonly user?: 'root' | 'deploy'
  readonly sudo?: Sudo
  readonly suite?: Suite
  readonly sudoRs?: boolean
  readonly installed?: boolean
}

/** Gives ad-hoc hosts their addresses: .11 and up, in order. */
export function adHocSpecs(hosts: readonly AdHocHost[], subnet: string): HostSpec[] {
  return hosts.map((host, index) => {
    const user = host.user ?? 'root'
    return {
      name: host.name,
      tier: host.tier ?? 'all_hosts',
      address: `${subnet}.${11 + index}`,
      user,
      sudo: user === 'root' ? 'none' : (host.sudo ?? 'nopasswd'),
      suite: host.suite ?? 'trixie',
      sudoRs: host.sudoRs ?? false,
      ...(host.installed && { installed: true }),
    }
  })
}
