import { homedir, hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import type { SshConfigPlaces } from '../../src/ssh-config/files.ts'
import type { Here } from '../../src/ssh-config/options.ts'

/** This machine and this user, with an empty environment. */
export const HERE: Here = {
  home: homedir(),
  env: {},
  localUser: userInfo().username,
  uid: userInfo().uid,
  hostname: hostname(),
}

/** A home in a folder, and no file of the system's. */
export const placesIn = (home: string): SshConfigPlaces => ({ home, system: join(home, 'system-ssh_config'), env: {} })
