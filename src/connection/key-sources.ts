import type { Target } from '../inventory/inventory.ts'
import { defaultKeyFiles } from './key-file.ts'

/** Where the keys of a login are looked for. */
export interface KeySources {
  /** In the order in which they are offered. */
  readonly files: readonly string[]
  /** The inventory or ssh_config names them. */
  readonly named: boolean
  /** No other key is offered, whatever an agent holds. */
  readonly only: boolean
  /** Of the agent. */
  readonly socket: string | undefined
}

export function keySources({ connection }: Target, env: NodeJS.ProcessEnv): KeySources {
  const { identityFile, identityFiles, identitiesOnly = false, identityAgent = env.SSH_AUTH_SOCK } = connection
  const named = identityFile === undefined ? identityFiles : [identityFile]
  return {
    files: named ?? defaultKeyFiles(env),
    named: named !== undefined,
    only: identityFile !== undefined || identitiesOnly,
    socket: identityAgent === 'none' || identityAgent === '' ? undefined : identityAgent,
  }
}
