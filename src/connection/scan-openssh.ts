import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aborted } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { excerpt } from '../shell/excerpt.ts'
import { errno, failure, place } from './failure.ts'
import { type HostAddress, judge, type KnownHosts } from './known-hosts.ts'
import { sshCommand } from './openssh-arguments.ts'
import { opensshFailure } from './openssh-failure.ts'
import { runProgram } from './program.ts'
import type { ShownKey } from './shown-key.ts'

/**
 * The key that a host shows the ssh program, over whatever ~/.ssh/config has on the way: ssh adds it to a copy of the
 * known_hosts file, under the name that it looks up. It offers no way to log in.
 * @returns undefined: ssh knows the key
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key
 */
export async function scanOpenSsh(
  host: Target,
  known: KnownHosts,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<ShownKey | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'provision-'))
  try {
    const copy = join(dir, 'known_hosts')
    await copyFile(host.connection.knownHosts, copy).catch((error) => {
      if (errno(error) !== 'ENOENT') throw error
    })
    const { refused, ...first } = await ask(host, copy, env, signal)
    const path = host.connection.knownHosts
    if (!refused) return first.added && shown(first.added, known, path)
    // What it is instead is seen where nothing is known.
    const empty = join(dir, 'empty')
    await writeFile(empty, '')
    const { added } = await ask(host, empty, env, signal)
    if (added === undefined) throw refused
    const { name, key, verdict } = shown(added, known, path)
    // The file that has the other key may be one that ssh alone reads.
    return {
      name,
      key,
      path,
      verdict: verdict.kind === 'unknown' ? { kind: 'changed', lines: [], types: [] } : verdict,
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

interface Added {
  readonly name: HostAddress
  readonly key: Buffer
}

const shown = ({ name, key }: Added, known: KnownHosts, path: string): ShownKey => ({
  name,
  key,
  path,
  verdict: judge(known, name, key),
})

async function ask(host: Target, file: string, env: NodeJS.ProcessEnv, signal: AbortSignal | undefined) {
  const { connectTimeout, moreKnownHosts = [] } = host.connection
  // Of an option that is given twice, ssh takes the first.
  const options = {
    StrictHostKeyChecking: 'accept-new',
    UserKnownHostsFile: [file, ...moreKnownHosts].map((path) => `"${path}"`).join(' '),
    HashKnownHosts: 'no',
    UpdateHostKeys: 'no',
    PreferredAuthentications: 'none',
    PubkeyAuthentication: 'no',
    ControlPath: 'none',
  }
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const before = await readFile(file, 'utf8').catch(() => '')
  const stderr = excerpt()
  const stop = new AbortController()
  const late = failure(host, 'timeout', `${place(host)}: no SSH handshake within ${connectTimeout} s`)
  const timer = setTimeout(() => stop.abort(late), connectTimeout * 1000)
  const onStop = () => stop.abort(aborted(host.name))
  signal?.addEventListener('abort', onStop)
  try {
    const wire = { stdout: () => {}, stderr: (chunk: Buffer) => stderr.push(chunk.toString()), signal: stop.signal }
    const argv = [...sshCommand(host, ['-T', ...words]), 'exit']
    const status = await runProgram(argv, '', wire, { ...env, LC_ALL: 'C' })
    const after = await readFile(file, 'utf8').catch(() => '')
    const added = after.startsWith(before) ? entryOf(after.slice(before.length)) : undefined
    const failed = status === 255 ? opensshFailure(host, { status, stderr: stderr.text() }) : undefined
    // A login that is refused is what was asked for.
    if (failed && failed.code !== 'auth' && failed.code !== 'host-key' && added === undefined) throw failed
    return { added, refused: failed?.code === 'host-key' ? failed : undefined }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onStop)
  }
}

function entryOf(line: string): Added | undefined {
  const [names = '', , base64] = line.trim().split(/\s+/)
  if (base64 === undefined) return undefined
  const [first = ''] = names.split(',')
  const [, inside, port] = /^\[(.+)\]:(\d+)$/.exec(first) ?? []
  const name = { address: inside ?? first, port: port === undefined ? 22 : Number(port) }
  return { name, key: Buffer.from(base64, 'base64') }
}
