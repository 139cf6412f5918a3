import { constants } from 'node:os'
import type { NodeSSH } from 'node-ssh'
import type { ClientChannel } from 'ssh2'
import { messageOf, type ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import type { RawResult } from './become.ts'
import { collector } from './collect.ts'
import type { ExecOptions } from './connection.ts'
import { failure } from './failure.ts'

export interface Link {
  readonly host: Host
  readonly ssh: NodeSSH
  /** Aborted when the connection is gone. */
  readonly gone: AbortSignal
  linkLost(): ProvisionError
}

/** The status a shell would report for a process ended by a signal. */
export function signalStatus(name: string | null): number | undefined {
  const number = Object.entries(constants.signals).find(([known]) => known === name || known === `SIG${name}`)?.[1]
  return number === undefined ? undefined : 128 + number
}

/**
 * Why an exec is given up, as a signal and a way to leave no timer behind.
 * Giving up closes the way to the script; on the host it runs to its end.
 */
export function patience(host: Host, options: ExecOptions): { readonly signal: AbortSignal; done(): void } {
  const giveUp = new AbortController()
  const { timeoutMs, signal } = options
  const stop = () => giveUp.abort(failure(host, 'stopped', 'the run was stopped', { cause: signal?.reason }))
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => giveUp.abort(failure(host, 'timeout', `the script did not end within ${timeoutMs / 1000} s`)),
          timeoutMs,
        )
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop)
  return {
    signal: giveUp.signal,
    done: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}

/**
 * Runs a command on a channel of its own.
 * @throws ProvisionError unreachable (link lost, no channel), timeout, stopped.
 */
export async function runOnChannel(
  link: Link,
  command: string,
  input: string,
  options: ExecOptions,
): Promise<RawResult> {
  const wait = patience(link.host, options)
  const stdout = collector(options.onStdout)
  const stderr = collector()
  let channel: ClientChannel | undefined
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const once = { signal: over.signal }
    const giveUp = () => {
      channel?.close()
      reject(wait.signal.reason)
    }
    wait.signal.addEventListener('abort', giveUp, once)
    link.gone.addEventListener('abort', () => reject(link.linkLost()), once)
  })
  // It may lose the race below after which nobody listens.
  aborted.catch(() => {})
  try {
    if (wait.signal.aborted) throw wait.signal.reason
    const ended = link.ssh.execCommand(command, {
      stdin: input,
      // node-ssh's own texts are trimmed and decoded chunk by chunk: they are not used.
      onStdout: stdout.push,
      onStderr: stderr.push,
      onChannel: (opened) => {
        channel = opened
        // The host's command may end without reading its input.
        opened.on('error', () => {})
        if (wait.signal.aborted) opened.close()
      },
    })
    ended.catch(() => {})
    const { code, signal } = await Promise.race([ended, aborted])
    const status = code ?? signalStatus(signal)
    if (status === undefined) throw link.linkLost()
    return { status, stdout: stdout.text(), stderr: stderr.text() }
  } catch (error) {
    if (wait.signal.aborted) throw wait.signal.reason
    if (link.gone.aborted || channel !== undefined) throw link.linkLost()
    throw failure(link.host, 'unreachable', `no channel for the script: ${messageOf(error)}`, {
      hint: "Does sshd's MaxSessions allow several sessions per connection?",
      cause: error,
    })
  } finally {
    wait.done()
    over.abort()
  }
}
