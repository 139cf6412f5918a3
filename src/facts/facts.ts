/** What a host is: stable from one run to the next, so that it can be cached. */
export interface Facts {
  readonly os: {
    /** `debian`, `ubuntu`: ID of /etc/os-release. */
    readonly id: string
    /** `12`, `24.04`; empty on Debian testing and sid. */
    readonly versionId: string
    /** `bookworm`, `noble`. */
    readonly codename: string
  }
  /** dpkg's name of the architecture: `amd64`, `arm64`. */
  readonly arch: string
  readonly hostname: string
  readonly cpus: number
  /** Rounded to 64 MiB, so that it does not flicker. */
  readonly memoryMiB: number
  /** Most files that a service may have open: the kernel's limit, or systemd's own where it can't raise it (containers). */
  readonly openFiles: number
  /** Major version; 0 where systemd is not PID 1. */
  readonly systemd: number
  /** `kvm`, `docker`, `none` …, as systemd-detect-virt says. */
  readonly virtualization: string
  /** Interface of the default route, empty when there is none. */
  readonly defaultInterface: string
  /** Global addresses by interface, without prefix length, sorted. */
  readonly addresses: Readonly<Record<string, readonly string[]>>
}
