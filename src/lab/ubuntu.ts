import { existsSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import { installPackages, type Say } from './machine.ts'

/** Ubuntu's suites: the LTS that most have, and the newest LTS. */
export const UBUNTU = ['noble', 'resolute'] as const

export const isUbuntu = (suite: string): boolean => UBUNTU.some((one) => one === suite)

const MIRROR = 'http://archive.ubuntu.com/ubuntu'

/** Where its packages are, for a base image that is made here. `ports` of other processors is left to a registry. */
export const ubuntuSources = (suite: string): string[] =>
  ['', '-updates', '-security'].map((pocket) => `deb ${MIRROR} ${suite}${pocket} main universe`)

export const KEYRING = '/usr/share/keyrings/ubuntu-archive-keyring.gpg'
/** Debian's name of what has it, and Ubuntu's own. */
const PACKAGES = ['ubuntu-archive-keyring', 'ubuntu-keyring']

/**
 * Sees to the keys that Ubuntu's packages are signed by.
 * @throws Error what is missing for hosts of the suite, and what to do
 */
export async function ensureUbuntuKeyring(
  suite: string,
  say: Say,
  { keyring = KEYRING, install = installPackages } = {},
): Promise<void> {
  const reasons: string[] = []
  for (const name of PACKAGES) {
    if (existsSync(keyring)) return
    await install(say, name).catch((error: unknown) => reasons.push(lastLine(messageOf(error))))
  }
  if (existsSync(keyring)) return
  throw new Error(
    noHosts(suite, `no package here has Ubuntu's keys, ${keyring} (${reasons[0] ?? 'it was not in them'})`),
  )
}

/** What a mirror that can't be used makes of it; undefined: it was not the mirror. */
export function mirrorFailure(suite: string, output: string): string | undefined {
  const line = output.split('\n').find((one) => NO_ANSWER.test(one))
  return line === undefined ? undefined : noHosts(suite, `Ubuntu's mirror ${MIRROR} can't be used (${line.trim()})`)
}

const NO_ANSWER =
  /Could not (resolve|connect)|Temporary failure|Unable to connect|Cannot initiate the connection|timed out|Connection (refused|failed)|Network is unreachable|does not have a Release file|\b(403|404|502|503) /i

const noHosts = (suite: string, why: string): string =>
  `There are no hosts of ${suite}: no registry gives the image ubuntu:${suite}, and it can't be made here, for ${why}. Where another machine has it: docker save ubuntu:${suite}, and docker load here.`

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''
