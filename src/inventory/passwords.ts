import { readFile } from 'node:fs/promises'
import { messageOf, type Problem } from '../errors.ts'
import { type Secret, secret } from '../masking/secret.ts'
import { dotted, step } from '../problems/pointer.ts'
import { expandPath } from './connection.ts'
import type { Origins } from './inventory.ts'
import { originAt } from './origins.ts'
import type { ConnectionFile } from './schemas/connection.ts'
import type { HostsFile } from './schemas/hosts.ts'

export interface Passwords {
  /** By absolute path. */
  readonly passwords: ReadonlyMap<string, Secret>
  readonly problems: readonly Problem[]
}

/** Reads every become_password_file that hosts.yml names, each once: its first line is the password. */
export async function readPasswords(
  hosts: HostsFile | undefined,
  origins: Origins,
  dir: string,
  home: string,
): Promise<Passwords> {
  const wanted = new Map(namedFiles(hosts).map(({ file, pointer }) => [expandPath(file, dir, home), pointer]))
  const answers = await Promise.all(
    [...wanted].map(async ([path, pointer]) => ({ path, pointer, answer: await firstLine(path) })),
  )
  const passwords = answers.flatMap(({ path, answer }): [string, Secret][] =>
    typeof answer === 'string' ? [] : [[path, answer]],
  )
  const problems = answers.flatMap(({ pointer, answer }): Problem[] =>
    typeof answer === 'string' ? [{ message: answer, origin: originAt(origins, pointer), path: dotted(pointer) }] : [],
  )
  return { passwords: new Map(passwords), problems }
}

/** The password, or what is wrong. */
const firstLine = async (path: string): Promise<Secret | string> => {
  try {
    const line = /^[^\r\n]*/.exec(await readFile(path, 'utf8'))?.[0] ?? ''
    return line === '' ? `become_password_file ${path} has an empty first line` : secret(line)
  } catch (error) {
    return `become_password_file can't be read: ${messageOf(error)}`
  }
}

function namedFiles(hosts: HostsFile | undefined): { file: string; pointer: string }[] {
  const one = (connection: ConnectionFile | undefined, pointer: string) => {
    const file = connection?.become_password_file
    return file === undefined ? [] : [{ file, pointer: `${pointer}/connection/become_password_file` }]
  }
  const tiers = Object.entries(hosts?.tiers ?? {}).flatMap(([tier, { connection, hosts: members }]) => {
    const place = `/tiers${step(tier)}`
    const inside = Object.entries(members).flatMap(([name, host]) =>
      one(host.connection, `${place}/hosts${step(name)}`),
    )
    return [...one(connection, place), ...inside]
  })
  const groups = Object.entries(hosts?.groups ?? {}).flatMap(([name, group]) =>
    one(group?.connection, `/groups${step(name)}`),
  )
  return [...one(hosts?.connection, ''), ...groups, ...tiers]
}
