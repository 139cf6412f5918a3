/** A way to run a script as root on one host. A connection gives no meaning to what it carries. */
export interface Connection {
  /**
   * Runs a script with sh as root: the script goes in on standard input, never as an argument.
   * @returns also for a non-zero exit status.
   * @throws ProvisionError when the transport or the way to root fails: dns, refused, timeout, unreachable, host-key,
   * auth, become, stopped; output when the host printed more than there is room for.
   */
  exec(script: string, options?: ExecOptions): Promise<ExecResult>
  close(): Promise<void>
}

export interface ExecOptions {
  /** Called with standard output as it arrives; it is not kept then, and may be longer. */
  readonly onStdout?: (text: string) => void
  /** Milliseconds without an end after which the exec is given up (timeout). */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ExecResult {
  readonly status: number
  /** What the script printed, nothing of what a login prints before it; empty where `onStdout` heard it. */
  readonly stdout: string
  /** The first and last of it, when it is long. */
  readonly stderr: string
}

/** Counts since the connection was made, for the bench and for `--json`. */
export interface Traffic {
  readonly execs: number
  readonly bytesOut: number
  readonly bytesIn: number
  readonly connects: number
}
