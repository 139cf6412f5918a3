import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Here } from '../ssh-config/options.ts'
import type { ConnectionSettings } from './inventory.ts'

/**
 * Hosts whose key has a certificate beside it, or lies in a security key, are logged in at by the ssh program: no line of
 * ssh_config says so, ssh looks at the files. Each file is looked at once.
 */
export async function withProgramKeys(
  settings: ReadonlyMap<string, ConnectionSettings>,
  { home }: Pick<Here, 'home'>,
  explicit: (name: string) => boolean,
): Promise<ReadonlyMap<string, ConnectionSettings>> {
  const usual = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(home, '.ssh', name))
  const answers = new Map<string, Promise<string | undefined>>()
  const reason = (path: string): Promise<string | undefined> => {
    const answer = answers.get(path) ?? whyProgram(path)
    answers.set(path, answer)
    return answer
  }
  const reasons = async ({ identityFile, identityFiles, jumps = [] }: ConnectionSettings): Promise<string[]> => {
    const files = identityFile === undefined ? (identityFiles ?? usual) : [identityFile]
    const own = await Promise.all(files.map(reason))
    const onTheWay = await Promise.all(jumps.map(({ connection }) => reasons(connection)))
    return [...new Set([...own.filter((why) => why !== undefined), ...onTheWay.flat()])]
  }
  const entries = [...settings].map(async ([name, one]): Promise<[string, ConnectionSettings]> => {
    if (one.transport !== 'ssh' || explicit(name)) return [name, one]
    const because = await reasons(one)
    return [name, because.length === 0 ? one : { ...one, transport: 'openssh', programBecause: because }]
  })
  return new Map(await Promise.all(entries))
}

async function whyProgram(path: string): Promise<string | undefined> {
  const key = path.replace(/\.pub$/, '')
  if (await exists(`${key}-cert.pub`)) return `certificate ${key}-cert.pub`
  const text = await readFile(`${key}.pub`, 'utf8').catch(() => '')
  return /^sk-(ssh|ecdsa)-/.test(text) ? `security key ${key}` : undefined
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
