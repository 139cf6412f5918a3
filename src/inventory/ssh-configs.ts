import type { Problem } from '../errors.ts'
import { readSshConfig, type SshConfig, type SshConfigPlaces } from '../ssh-config/files.ts'
import { expandPath, merged } from './connection.ts'
import type { Member } from './logins.ts'
import type { ConnectionFile } from './schemas/connection.ts'

export interface SshConfigs {
  of(written: ConnectionFile['ssh_config']): SshConfig | undefined
  readonly problems: readonly Problem[]
}

/** Reads every ssh_config that hosts go by, each once. */
export async function readSshConfigs(
  members: readonly Member[],
  dir: string,
  places: SshConfigPlaces,
): Promise<SshConfigs> {
  const pathOf = (written: ConnectionFile['ssh_config']) =>
    typeof written === 'string' ? expandPath(written, dir, places.home) : undefined
  const wanted = new Map<string | undefined, Member>()
  for (const member of members) {
    const { ssh_config: written, transport } = merged(member.layers)
    const path = pathOf(written)
    if (written !== false && transport !== 'local' && !wanted.has(path)) wanted.set(path, member)
  }
  const configs = new Map(
    await Promise.all([...wanted.keys()].map(async (path) => [path, await readSshConfig(path, places)] as const)),
  )
  const problems = [...configs].flatMap(([path, config]) =>
    // A file that is not there has no place of its own: it is named in hosts.yml.
    config.problems.map((problem) =>
      problem.origin ? problem : { ...problem, ...wanted.get(path)?.place('ssh_config') },
    ),
  )
  return { of: (written) => (written === false ? undefined : configs.get(pathOf(written))), problems }
}
