import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { knownHostsFiles } from '../connection/host-key.ts'
import { knownHostsName, parseKnownHosts } from '../connection/known-hosts.ts'
import { runProgram } from '../connection/program.ts'
import type { ShownFinding } from './findings.ts'

/** Adds the keys to the known_hosts files of their hosts; of a host whose key has changed, the old ones go. */
export async function recordKeys(findings: readonly ShownFinding[], env: NodeJS.ProcessEnv): Promise<void> {
  // A key in a further file is not ours to take away, and this one outweighs it.
  const changed = findings.filter(
    ({ state, path, host }) => state === 'changed' && path === host.connection.knownHosts && existsSync(path),
  )
  const before = new Set(changed.map(({ host }) => realpathSync(host.connection.knownHosts)))
  // As `ssh-keygen -R` does.
  for (const path of before) copyFileSync(path, `${path}.old`)
  const files = knownHostsFiles()
  for (const { host, name, key } of findings) {
    const path = host.connection.knownHosts
    // A file that has names already goes on as it is.
    const hashed = files.read(path).entries.length > 0 ? undefined : await hashesNames(name.address, env)
    files.add(path, name, key, hashed)
  }
  changed.forEach(removeOld)
}

/** Whether ssh would hash the name: HashKnownHosts, which Debian sets. */
async function hashesNames(address: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  let printed = ''
  const wire = {
    stdout: (chunk: Buffer) => {
      printed += chunk.toString()
    },
    stderr: () => {},
    signal: AbortSignal.timeout(5000),
  }
  await runProgram(['ssh', '-G', '--', address], '', wire, env).catch(() => undefined)
  return /^hashknownhosts yes$/m.test(printed)
}

/** Marked lines stay: they are about more than this host. */
function removeOld({ host, name, key }: ShownFinding): void {
  const path = realpathSync(host.connection.knownHosts)
  const text = readFileSync(path, 'utf8')
  const old = parseKnownHosts(text)
    .about(knownHostsName(name))
    .filter((entry) => entry.marker === undefined && !entry.key.equals(key))
  const gone = new Set(old.map(({ line }) => line - 1))
  if (gone.size === 0) return
  const { mode } = statSync(path)
  const kept = text.split('\n').filter((_, i) => !gone.has(i))
  writeFileSync(`${path}.new`, kept.join('\n'), { mode })
  renameSync(`${path}.new`, path)
}
