import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerRuntimeClient, GenericContainer } from 'testcontainers'
import { packageRoot } from '../catalog/package-root.ts'
import type { LabKeys } from './keys.ts'
import type { HostSpec } from './spec.ts'
import { SshAnswers } from './wait.ts'

/** The engine's API client, as testcontainers hands it out. */
export type Docker = ContainerRuntimeClient['container']['dockerode']

/** Labels on everything that belongs to a lab; what carries another lab's name is never touched. */
export const LABEL = {
  lab: 'provision.lab',
  dir: 'provision.lab.dir',
  host: 'provision.lab.host',
  address: 'provision.lab.address',
  user: 'provision.lab.user',
  port: 'provision.lab.port',
  alias: 'provision.lab.alias',
  config: 'provision.lab.config',
} as const

/** What the engine calls a lab's network, and the prefix of its containers. */
export function engineName(lab: string, host?: string): string {
  return host === undefined ? `provision-${lab}` : `provision-${lab}-${host}`
}

/** The lab that a host belongs to, as its container needs to know it. */
export interface LabContext {
  readonly name: string
  readonly dir: string
  readonly keys: LabKeys
}

const BOOT = readFileSync(join(packageRoot(), 'lab/boot.sh'), 'utf8')
const CAPABILITIES = ['SYS_ADMIN', 'NET_ADMIN', 'NET_RAW', 'NET_BROADCAST', 'SYS_PTRACE', 'SYS_NICE']

/** A lab host's container: systemd as PID 1 at a fixed address, without `--privileged`. */
export class HostContainer extends GenericContainer {
  /** Identifies what the container was made from: a running one with the same value can be used again. */
  readonly config: string

  constructor(image: string, host: HostSpec, lab: LabContext) {
    super(image)
    const files = hostFiles(host, lab)
    this.config = createHash('sha256')
      .update(JSON.stringify([image, host, files, BOOT]))
      .digest('hex')
      .slice(0, 16)
    this.withName(engineName(lab.name, host.name))
      .withHostname(host.name)
      .withCommand(['sh', '-c', BOOT])
      .withAddedCapabilities(...CAPABILITIES)
      .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined')
      .withTmpFs({ '/run': 'rw,exec', '/run/lock': 'rw', '/tmp': 'rw,exec,mode=1777' })
      .withCopyContentToContainer(files)
      .withNetworkMode(engineName(lab.name))
      .withWaitStrategy(new SshAnswers(host.address, host.port))
      // Hosts outlive the process that starts them: no reaper.
      .withAutoCleanup(false)
      .withLabels({
        [LABEL.lab]: lab.name,
        [LABEL.dir]: lab.dir,
        [LABEL.host]: host.name,
        [LABEL.address]: host.address,
        [LABEL.user]: host.user,
        ...(host.port === undefined ? {} : { [LABEL.port]: String(host.port) }),
        ...(host.alias === undefined ? {} : { [LABEL.alias]: host.alias }),
        [LABEL.config]: this.config,
      })
    this.createOpts.StopSignal = 'SIGRTMIN+3'
    // The client's types don't know this option of the engine.
    Object.assign(this.hostConfig, { CgroupnsMode: 'private' })
    this.createOpts.NetworkingConfig = {
      EndpointsConfig: { [engineName(lab.name)]: endpoint(host) },
    }
  }
}

/** How a host sits on the lab's network: always the same address and names. */
export function endpoint({ name, address, alias }: Pick<HostSpec, 'name' | 'address' | 'alias'>): {
  IPAMConfig: { IPv4Address: string }
  Aliases: string[]
} {
  return { IPAMConfig: { IPv4Address: address }, Aliases: alias === undefined ? [name] : [name, alias] }
}

/** Users that the images bring. */
const KNOWN_USERS: readonly string[] = ['root', 'deploy']

interface CopiedFile {
  readonly target: string
  readonly content: string
  readonly mode: number
}

function hostFiles(host: HostSpec, { keys }: LabContext): CopiedFile[] {
  const hostKey = keys.hosts.get(host.name)
  if (!hostKey) throw new Error(`no host key was made for ${host.name}`)
  const home = host.user === 'root' ? '/root' : `/home/${host.user}`
  const files = [
    { target: '/etc/ssh/ssh_host_ed25519_key', content: hostKey.private, mode: 0o600 },
    { target: '/etc/ssh/ssh_host_ed25519_key.pub', content: `${hostKey.public}\n`, mode: 0o644 },
    { target: `${home}/.ssh/authorized_keys`, content: `${keys.login.public}\n`, mode: 0o600 },
  ]
  if (host.port !== undefined) {
    files.push({ target: '/etc/ssh/sshd_config.d/80-lab.conf', content: `Port ${host.port}\n`, mode: 0o644 })
  }
  if (!KNOWN_USERS.includes(host.user)) files.push({ target: '/etc/lab-user', content: `${host.user}\n`, mode: 0o644 })
  if (host.sudo === 'none') return files
  const tag = host.sudo === 'nopasswd' ? 'NOPASSWD: ' : ''
  files.push({ target: '/etc/sudoers.d/deploy', content: `${host.user} ALL=(ALL:ALL) ${tag}ALL\n`, mode: 0o440 })
  if (host.sudo === 'password') {
    files.push({ target: '/etc/lab-password', content: `${host.user}:${keys.becomePassword}\n`, mode: 0o600 })
  }
  return files
}
