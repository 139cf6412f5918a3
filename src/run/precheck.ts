import type { DeclaredArtifact } from '../artifacts/artifact-files.ts'
import type { Compiled, Compiler } from '../catalog/compile.ts'
import type { Origin, Problem } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import type { Host, Value } from '../inventory/inventory.ts'
import type { Mask } from '../masking/mask.ts'
import { isSecret } from '../masking/secret.ts'
import { step } from '../problems/pointer.ts'

/**
 * Compiles every host with the facts at hand, so that a role's or template's mistake shows before any login. What a role
 * says of one system only is no mistake yet: facts may be missing, or of a host that was installed anew since.
 * @param see is shown what was compiled: for thousands of hosts it is too much to be kept
 */
export function trial(
  hosts: readonly Host[],
  compiler: Compiler,
  known: ReadonlyMap<string, Facts>,
  mask: Mask,
  see: (host: Host, compiled: Compiled) => void,
): Trial[] {
  return hosts.map((host) => {
    const compiled = (facts: Facts) => {
      const made = compiler.compile(host, facts)
      mask.learnDeclared(made.resources.map(({ desired }) => desired))
      return made
    }
    const first = compiled(known.get(host.name) ?? assumed(host))
    see(host, first)
    const artifacts = first.resources
      .flatMap(({ kind, desired }) => kind.artifacts?.(desired) ?? [])
      .map((artifact) => ({ artifact, origin: originOf(host, artifact.path) }))
    return { problems: everywhere(first.problems, (os) => compiled({ ...assumed(host), os }).problems), artifacts }
  })
}

/** Facts of a host, or where nothing is known of it, of each system that it may have. */
export const conceivableFacts = (host: Host, known: Facts | undefined): readonly Facts[] =>
  known ? [known] : OTHER_SYSTEMS.map((os) => ({ ...assumed(host), os }))

/** Those at hand first, then any other system that a host may have once it is installed anew. */
export const systems = (host: Host, known: Facts | undefined): readonly [Facts, ...Facts[]] => [
  known ?? assumed(host),
  ...conceivableFacts(host, undefined),
]

/** What a host's resources would be made of. */
export interface Trial {
  readonly problems: readonly Problem[]
  readonly artifacts: readonly DeclaredArtifact[]
}

/** Problems that every system would have. */
function everywhere(problems: readonly Problem[], on: (os: Facts['os']) => readonly Problem[]): readonly Problem[] {
  if (problems.length === 0) return []
  const others = OTHER_SYSTEMS.map((os) => new Set(on(os).map(({ message }) => message)))
  return problems.filter(({ message }) => others.every((messages) => messages.has(message)))
}

/** Where a host's vars say this text, whichever var it is. */
function originOf({ vars, origins }: Host, text: string): Origin | undefined {
  const find = (value: Value | undefined, pointer: string): Origin | undefined => {
    if (value === text) return origins.get(pointer)
    if (typeof value !== 'object' || value === null || isSecret(value)) return undefined
    for (const [key, inner] of Object.entries(value)) {
      const found = find(inner, pointer + step(key))
      if (found) return found
    }
    return undefined
  }
  return find(vars, '')
}

/** A plain current Debian host, for a trial where nothing is known yet. */
const assumed = (host: Host): Facts => ({
  os: { id: 'debian', versionId: '13', codename: 'trixie' },
  arch: 'amd64',
  hostname: host.name,
  cpus: 2,
  memoryMiB: 2048,
  openFiles: 1_048_576,
  systemd: 257,
  virtualization: 'none',
  defaultInterface: 'eth0',
  addresses: { eth0: [host.address] },
})

const OTHER_SYSTEMS: readonly Facts['os'][] = [
  { id: 'debian', versionId: '13', codename: 'trixie' },
  { id: 'ubuntu', versionId: '24.04', codename: 'noble' },
]
