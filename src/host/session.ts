import type { Connection } from '../connection/connection.ts'
import type { Answer } from '../shell/frame.ts'
import type { Script } from '../shell/script.ts'
import type { StepInfo } from './apply-output.ts'
import type { HostEvent } from './events.ts'
import type { RunIdentity } from './lock.ts'
import type { Target } from './target.ts'

/** What all sessions of a run have in common. */
export interface HostAccess {
  /** A host's connection, opened at the first call and anew when it lost its link. */
  connect(host: string): Promise<Connection>
  /** A NEW connection beside it; whoever asks for it closes it. */
  open(host: string): Promise<Connection>
  readonly run: RunIdentity
  /** A new nonce for a frame. */
  nonce(): string
  /** Replaces secrets in what a host printed. */
  mask(text: string): string
  emit(event: HostEvent): void
  /** Tell every script before it is sent. */
  readonly showScripts: boolean
  /** Aborted when nothing more is to be said to hosts: its reason is thrown where it is a ProvisionError. */
  readonly signal?: AbortSignal | undefined
  /** Waited for before an answer is read, where many come at once. */
  readonly turn?: (() => Promise<void>) | undefined
  /** Where a host has what scripts count on; undefined: where all have it. */
  readonly target?: ((host: string) => Target) | undefined
}

/** Questions, in one script. Read-only, but for what is safe to be done at any time. */
export interface Ask {
  /** Its answers stand in frames that this nonce marks; commands are found in this path. */
  readonly script: (nonce: string, path: string) => Script
  /** What is shown in its place, where it holds secrets. */
  readonly shown?: ((nonce: string, path: string) => Script) | undefined
  /** What it is for, for who wants to see scripts. Undefined: it was shown before, or is the tool's own housekeeping. */
  readonly purpose?: string | undefined
  readonly timeoutMs: number
}

export interface Reply {
  /** Of the shell that asked. */
  readonly status: number
  /** By id; a question that was not answered is not in it. */
  readonly answers: ReadonlyMap<string, Answer>
  readonly stderr: string
}

/** A script that is heard while it runs. It is no change under the lock, and nothing is kept of what it prints. */
export interface Listening {
  readonly script: Script
  readonly purpose: string
  onStdout(text: string): void
  /** Aborted: the way to the script is closed. */
  readonly signal: AbortSignal
}

export interface ChangeStep extends StepInfo {
  readonly script: Script
}

/** What is changed by one script, under the host's lock: all of it, in order, or up to the first step that fails. */
export interface HostChange {
  readonly purpose: string
  /** Generation of the host when the change was planned. */
  readonly generation: string
  readonly steps: readonly ChangeStep[]
  /** What is shown in their place, where they hold secrets. */
  readonly shown?: (() => readonly ChangeStep[]) | undefined
  /** Seconds that the lock lasts after it unless it is renewed, where the way in may be shut for longer than usual. */
  readonly lasts?: number | undefined
  /** Gives the lock back with it. Default: the run keeps it for as long as its lease. */
  readonly release?: boolean | undefined
  /** Told of each key that is done. */
  readonly onDone?: ((key: string) => void) | undefined
}

/** One host during a run: everything that is said to it goes through here. */
export interface HostSession {
  readonly host: string
  readonly run: RunIdentity
  readonly target: Target
  /** Aborted when the work on the host is to end. */
  readonly signal: AbortSignal | undefined
  nonce(): string
  mask(text: string): string
  emit(event: HostEvent): void
  /** @throws ProvisionError what the connection throws, or why the work was ended */
  ask(ask: Ask): Promise<Reply>
  /** @throws ProvisionError what the connection throws, or why it was ended */
  listen(one: Listening): Promise<{ readonly status: number; readonly stderr: string }>
  /**
   * @returns `stale` when another run was at work on the host since the change was planned: nothing was changed then
   * @throws ProvisionError apply, handler, locked, what the connection throws, or why the work was ended
   */
  change(change: HostChange): Promise<'applied' | 'stale'>
  /**
   * Keeps the lock, which a change has taken, while the run waits for others.
   * @param work is given the session to go on with: it ends when the lock is lost
   * @throws ProvisionError locked, when it was lost; what the work throws
   */
  hold<T>(work: (session: HostSession) => Promise<T>): Promise<T>
  /** Gives the lock back, where this run has it. Never throws: a lock that can't be given back ends with its lease. */
  release(): Promise<void>
  /** Over a NEW connection, which proves that the host still lets the tool in. */
  fresh<T>(work: (session: HostSession) => Promise<T>): Promise<T>
  /** Another host of the inventory, on behalf of this one: with the same end. */
  on(host: string): HostSession
  /** @throws ProvisionError why the work was ended */
  pause(ms: number): Promise<void>
}
