import type { Readable } from 'node:stream'
import type { Target } from '../inventory/inventory.ts'

/** What comes back from a command while it runs, and what ends it early. */
export interface Wire {
  readonly stdout: (chunk: Buffer) => void
  readonly stderr: (chunk: Buffer) => void
  /** Aborted: the command is given up with its reason. */
  readonly signal: AbortSignal
  /** Milliseconds after which the signal is aborted, for whoever can't count on hearing of it. */
  readonly withinMs?: number | undefined
  /** Given what the outputs are read from, to pause it while nobody takes more. */
  readonly sources?: ((...sources: readonly Source[]) => void) | undefined
}

/** An output that can be held: whoever writes there waits. */
export type Source = Pick<Readable, 'pause' | 'resume'>

/** What a transport must do: run a short command with this on its standard input. It keeps nothing of the output. */
export interface Transport {
  /** @returns the exit status. @throws ProvisionError unreachable, or the reason of the signal. */
  run(command: string, input: string | Buffer | Readable, wire: Wire): Promise<number>
  close(): Promise<void>
}

/**
 * Logs in at a host.
 * @throws ProvisionError dns, refused, timeout, unreachable, host-key, auth.
 */
export type OpenTransport = (host: Target) => Promise<Transport>
