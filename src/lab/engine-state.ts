/** What `docker info --format '{{json .}}'` said. */
export interface EngineAnswer {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/**
 * Whether hosts of a lab can run on the engine that was asked. `absent`: nothing answers, so there is no lab either.
 * `unfit`: something is there, but this user may not use it, or hosts do not run on it. The id is the engine's own.
 */
export type EngineState =
  | { readonly state: 'ready'; readonly id: string }
  | { readonly state: 'absent' | 'unfit'; readonly advice: string }

/** Where an engine is looked for when nobody says so. */
export const DEFAULT_ENDPOINT = 'unix:///var/run/docker.sock'

/** Reads the answer of the engine at `endpoint`. */
export function judgeEngine(answer: EngineAnswer, endpoint: string): EngineState {
  const info = parseInfo(answer.stdout)
  if (/permission denied/i.test(answer.stderr + info.errors)) return unfit(notAllowed(endpoint))
  if (info.podman) return unfit(PODMAN)
  if (info.version === '') return { state: 'absent', advice: absent(endpoint) }
  if (info.rootless) return unfit(ROOTLESS)
  if (info.system === 'Docker Desktop') return unfit(DESKTOP)
  if (info.cgroup === '1') return unfit(CGROUP_1)
  return { state: 'ready', id: info.id }
}

const ORDINARY = `an ordinary Docker engine (DOCKER_HOST=${DEFAULT_ENDPOINT}, or \`docker context use default\`)`
const PODMAN = `Podman answers in place of Docker, and the lab's hosts do not run on it: use ${ORDINARY}.`
const ROOTLESS = `This Docker engine is rootless: its hosts' addresses lie in a network of its own, which nothing else on this machine can reach: use ${ORDINARY}.`
const DESKTOP =
  "Docker Desktop keeps its containers in a virtual machine, whose addresses can't be reached from here: use an ordinary Docker engine on Linux, or run this in a virtual machine with Linux."
const CGROUP_1 =
  'This Docker engine runs on cgroup v1, where systemd 256 and newer does not boot: stop it and run this as root (the lab then starts one with a cgroup2 view), or boot the machine with systemd.unified_cgroup_hierarchy=1.'

function notAllowed(endpoint: string): string {
  return `This user may not use the Docker engine at ${endpoint}: become a member of the group docker (\`sudo usermod -aG docker "$USER"\`, then log in again), or run this as root.`
}

function absent(endpoint: string): string {
  return endpoint === DEFAULT_ENDPOINT
    ? 'No Docker engine answers.'
    : `No Docker engine answers at ${endpoint}, which DOCKER_HOST or the docker context names: start that one, or choose another.`
}

function unfit(advice: string): EngineState {
  return { state: 'unfit', advice }
}

interface Info {
  readonly id: string
  readonly version: string
  readonly errors: string
  readonly podman: boolean
  readonly rootless: boolean
  readonly system: string
  readonly cgroup: string
}

function parseInfo(text: string): Info {
  const root = mapping(parseJson(text))
  const options = list(root.SecurityOptions)
  return {
    id: word(root.ID),
    version: word(root.ServerVersion),
    errors: list(root.ServerErrors).join('\n'),
    // The first is Podman's own answer, where its command is called `docker`; the other is what its socket says.
    podman: 'host' in root || /\/containers\/storage$/.test(word(root.DockerRootDir)),
    rootless: options.includes('name=rootless'),
    system: word(root.OperatingSystem),
    cgroup: word(root.CgroupVersion),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
