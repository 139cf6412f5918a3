import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'

/** Where records are kept, and for how long. */
export interface RecordsPolicy {
  /** As it is written in site.yml; undefined: the user's own folder. */
  readonly dir?: string | undefined
  /** Runs of each inventory that are kept, and as many dry ones. */
  readonly keep: number
  /** Days after which a record goes. */
  readonly days: number
}

/** What counts where site.yml is silent. */
export const DEFAULT_POLICY: RecordsPolicy = { keep: 500, days: 180 }

/** A folder of records. */
export interface RecordsFolder {
  readonly path: string
  /** It was named in site.yml, and may be for more than one user: what is in it can be read by its group. */
  readonly shared: boolean
}

/**
 * The folder of a project's records: as site.yml says, relative to the project and with `~` for the home, or else
 * $XDG_STATE_HOME (or ~/.local/state)/provision/records/NAME-DIGEST, a folder for each project.
 * @param root absolute folder of the project
 */
export function recordsFolder(
  root: string,
  dir: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): RecordsFolder {
  if (dir !== undefined) {
    const path = dir === '~' || dir.startsWith('~/') ? join(home, dir.slice(1)) : resolve(root, dir)
    return { path, shared: true }
  }
  const base = env.XDG_STATE_HOME
  // The XDG specification: a relative path is to be ignored.
  const state = base?.startsWith('/') ? base : join(home, '.local', 'state')
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 8)
  const name = `${basename(root).replaceAll(/[^A-Za-z0-9_.-]+/g, '-')}-${digest}`
  return { path: join(state, 'provision', 'records', name), shared: false }
}
