import type { Connection } from '../connection/connection.ts'
import type { Planned } from '../plan/planner.ts'
import type { Artifact } from '../resources/resource.ts'
import type { Script } from '../shell/script.ts'
import type { Emit } from './events.ts'
import type { RunIdentity } from './lock.ts'

/** One host during a run: how it is reached, asked and spoken of. */
export interface HostSession {
  readonly host: string
  readonly tier: string
  readonly connection: Connection
  /** Opens a NEW connection, to prove that the host still lets the tool in. */
  open(): Promise<Connection>
  /**
   * Asks for the whole state anew and plans with it.
   * @param after runs at the end of the probe, e.g. to give the lock back
   */
  probe(after?: Script): Promise<Planned>
  /** Replaces secrets in what the host printed. */
  mask(text: string): string
  emit: Emit
  /** The bytes of a file on the controller. @throws ProvisionError (input) when it is not what was declared */
  readArtifact(artifact: Artifact): Promise<Uint8Array>
  readonly run: RunIdentity
  /** A new nonce for a frame. */
  nonce(): string
  /** Emit every script before it is sent. */
  readonly showScripts: boolean
  /** Aborted when the user wants out at once. */
  readonly signal?: AbortSignal | undefined
}

/** What it takes to run a script on a host under its lock. */
export type LockSession = Pick<
  HostSession,
  'host' | 'connection' | 'mask' | 'emit' | 'run' | 'nonce' | 'showScripts' | 'signal'
>
