import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { $ } from 'zx'
import { packageRoot } from '../catalog/package-root.ts'
import { withLock } from './lock.ts'
import { ensureProgram, type Say } from './machine.ts'
import { ensureUbuntuKeyring, isUbuntu, mirrorFailure, UBUNTU, ubuntuSources } from './ubuntu.ts'

/** Suites that hosts can run. */
export const SUITES = ['trixie', 'bookworm', 'sid', ...UBUNTU] as const

export type Suite = (typeof SUITES)[number]

/** What distinguishes one host image from another. */
export interface ImageSpec {
  readonly suite: Suite
  /** `sudo-rs` takes sudo's place (packaged since trixie). */
  readonly sudoRs: boolean
  /** What roles install is installed, and off. Default: it is downloaded only, and the host is bare. */
  readonly installed?: boolean | undefined
}

/** The label that all images of the lab carry. */
export const IMAGE_LABEL = 'provision.lab.image'

const run = $({ quiet: true, nothrow: true })
const SETUP = join(packageRoot(), 'lab/host-image.sh')
const INSTALL = join(packageRoot(), 'lab/installed-image.sh')

const BASE_PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'libpam-systemd',
  'openssh-server',
  'sudo',
  'iproute2',
].concat(['iputils-ping', 'ca-certificates', 'procps', 'init-system-helpers'])

/**
 * What Debian's installer and cloud images bring besides. bookworm goes without, for `provision` needs no Python there
 * either; to install it was 6 of the 15 s of a processor that a bare web server cost.
 */
const INSTALL_OF: Readonly<Partial<Record<Suite, readonly string[]>>> = {
  trixie: ['python3'],
  sid: ['python3'],
  noble: ['python3'],
  resolute: ['python3'],
}

/**
 * What roles install, so that a converge needs no network. The hosts stay bare: these are downloaded only. At once, for
 * each call of apt reads all of a suite's lists, which is two seconds of a processor.
 */
const PREFETCH = [
  ...['ufw', 'systemd-timesyncd', 'unattended-upgrades', 'curl', 'socat'],
  ...['nginx', 'haproxy', 'keepalived', 'python3', 'python3-pymysql'],
  ...['prometheus', 'prometheus-node-exporter', 'prometheus-blackbox-exporter'],
  ...['prometheus-nginx-exporter', 'prometheus-mysqld-exporter'],
]

/** Of some suites only: Debian has MySQL proper in sid alone. */
const PREFETCH_OF: Readonly<Partial<Record<Suite, readonly string[]>>> = {
  trixie: ['sudo-rs'],
  sid: ['sudo-rs', 'mysql-server', 'prometheus-mysqld-exporter'],
  noble: ['mysql-server'],
  resolute: ['mysql-server'],
}

/** What conflicts with one of the others goes by itself. */
const PREFETCH_ALONE = ['chrony']

/** What a host has at its first boot that is not bare. */
const INSTALLED = [
  ...['curl', 'socat', 'ufw', 'systemd-timesyncd', 'unattended-upgrades', 'prometheus-node-exporter'],
  ...['nginx', 'haproxy', 'keepalived', 'python3', 'prometheus'],
  ...['prometheus-blackbox-exporter', 'prometheus-nginx-exporter'],
]
const INSTALLED_OF: Readonly<Partial<Record<Suite, readonly string[]>>> = {
  sid: [...INSTALLED.slice(0, 6), 'mysql-server', 'prometheus-mysqld-exporter'],
}
/** What of it serves, and so stays off until a role wants it. */
const DAEMONS = [
  ...['nginx', 'haproxy', 'keepalived', 'mysql', 'prometheus'],
  ...['node', 'blackbox', 'nginx', 'mysqld'].map((what) => `prometheus-${what}-exporter`),
]

/** As Ubuntu 25.10 has it: `sudo` is sudo-rs, the original stays as sudo.ws. */
const SUDO_RS = `set -eu
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends sudo-rs
dpkg-divert --quiet --local --rename --divert /usr/bin/sudo.ws --add /usr/bin/sudo
ln -s sudo-rs /usr/bin/sudo
: >/etc/machine-id
`

/** The names of the host images for `specs`. What this machine does not have yet is built, several at a time. */
export async function ensureImages<Spec extends ImageSpec>(
  specs: readonly Spec[],
  say: Say,
): Promise<(spec: Spec) => string> {
  const keyOf = ({ suite, sudoRs, installed = false }: ImageSpec) => `${suite} ${sudoRs} ${installed}`
  const different = new Map(specs.map((spec) => [keyOf(spec), spec]))
  // Each takes one processor, and now and then the network.
  const made = await Promise.all(
    [...different].map(async ([key, spec]) => [key, await ensureImage(spec, say)] as const),
  )
  const images = new Map(made)
  return (spec) => images.get(keyOf(spec)) ?? ''
}

/** The name of the host image for `spec`, built when this machine does not have it yet. */
export async function ensureImage({ suite, sudoRs, installed }: ImageSpec, say: Say): Promise<string> {
  if (sudoRs) {
    const plain = await ensureImage({ suite, sudoRs: false, installed }, say)
    return ensureLayer(`${nameOf(plain)}-sudo-rs`, `# on ${plain}\n${SUDO_RS}`, async () => plain, say)
  }
  if (installed) {
    const bare = await ensureImage({ suite, sudoRs }, say)
    const lists = { PACKAGES: INSTALLED_OF[suite] ?? INSTALLED, DAEMONS }
    const script = `# on ${bare}\n${await scriptWith(INSTALL, lists, ' ')}`
    return ensureLayer(`${nameOf(bare)}-installed`, script, async () => bare, say)
  }
  const prefetch = [[...PREFETCH, ...(PREFETCH_OF[suite] ?? [])], PREFETCH_ALONE].map((group) => group.join(' '))
  const script = await scriptWith(SETUP, { INSTALL: [installOf(suite).join(' ')], PREFETCH: prefetch }, '\n')
  return ensureLayer(`provision-lab-${suite}`, script, () => ensureBase(suite, say), say)
}

const nameOf = (image: string): string => image.replace(/:.*$/, '')

async function scriptWith(
  file: string,
  lists: Readonly<Record<string, readonly string[]>>,
  between: string,
): Promise<string> {
  const assigned = Object.entries(lists).map(([name, words]) => `${name}='${words.join(between)}'`)
  return [...assigned, await readFile(file, 'utf8')].join('\n')
}

const installOf = (suite: Suite): string[] => [...BASE_PACKAGES, ...(INSTALL_OF[suite] ?? [])]

async function ensureLayer(name: string, script: string, from: () => Promise<string>, say: Say): Promise<string> {
  const image = `${name}:${contentTag(script)}`
  if (await imageExists(image)) return image
  await withLock(name, async () => {
    if (await imageExists(image)) return
    const base = await from()
    const started = Date.now()
    say(`building ${image} (usually 20 to 40 s)`)
    await buildLayer(base, image, script)
    say(`built ${image} in ${seconds(started)}`)
  })
  return image
}

async function ensureBase(suite: Suite, say: Say): Promise<string> {
  const pulled = isUbuntu(suite) ? `ubuntu:${suite}` : `debian:${suite}-slim`
  const include = installOf(suite)
  const imported = `provision-lab-base-${suite}:${contentTag(include)}`
  for (const image of [pulled, imported]) if (await imageExists(image)) return image
  say(`pulling ${pulled}`)
  // A registry that is not there answers at once or never.
  if ((await run`docker pull -q ${pulled}`.timeout('90s')).exitCode === 0) return pulled
  say('no registry answers: the base image will be made with mmdebstrap')
  await ensureProgram(say, 'mmdebstrap', 'mmdebstrap', 'debian-archive-keyring')
  if (isUbuntu(suite)) await ensureUbuntuKeyring(suite, say)
  const sources = isUbuntu(suite) ? ubuntuSources(suite) : []
  const started = Date.now()
  say(`making ${imported} with mmdebstrap (usually a minute)`)
  // The whole set in one go: dpkg unpacks it faster here than in a second step on top of a minimal system.
  const options = [
    '--variant=minbase',
    `--include=${include.join(',')}`,
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=Acquire::Languages "none"',
    '--dpkgopt=force-unsafe-io',
    ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
  ]
  const label = `LABEL ${IMAGE_LABEL}=base`
  const result =
    await run`set -o pipefail; mmdebstrap ${options} ${suite} - ${sources} | docker import -c ${label} - ${imported}`
  if (result.exitCode !== 0) {
    const why = isUbuntu(suite) ? mirrorFailure(suite, result.stderr) : undefined
    throw new Error(why ?? `mmdebstrap ${suite} failed:\n${result.stderr.slice(-2000)}`)
  }
  say(`made ${imported} in ${seconds(started)}`)
  return imported
}

/** `docker run` + `commit` rather than `docker build`: needs no builder, no registry, and shows the script's log. */
async function buildLayer(base: string, image: string, script: string): Promise<void> {
  const name = image.replaceAll(/[^a-z0-9]+/g, '-')
  await run`docker rm -f ${name}`
  // The machine's own network: its resolver and its way to the mirror are known to work.
  const options = ['--name', name, '--network', 'host', '--stop-signal', 'SIGRTMIN+3']
  const built = await run`docker run ${options} ${base} sh -c ${script}`
  try {
    if (built.exitCode !== 0) {
      throw new Error(`building ${image} failed:\n${`${built.stdout}\n${built.stderr}`.slice(-3000)}`)
    }
    const flags = [`LABEL ${IMAGE_LABEL}=host`, 'CMD ["/sbin/init"]'].flatMap((change) => ['-c', change])
    const committed = await run`docker commit ${flags} ${name} ${image}`
    if (committed.exitCode !== 0) throw new Error(`docker commit ${image} failed: ${committed.stderr}`)
  } finally {
    await run`docker rm -f ${name}`
  }
}

async function imageExists(image: string): Promise<boolean> {
  return (await run`docker image inspect ${image}`).exitCode === 0
}

function contentTag(...parts: readonly (string | readonly string[])[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
