import { constants } from 'node:os'
import { Readable } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { messageOf, type ProvisionError } from '../errors.ts'
import type { Target } from '../inventory/inventory.ts'
import { failure } from './failure.ts'
import type { Wire } from './transport.ts'

export interface Link {
  readonly host: Target
  readonly client: Client
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
 * Runs a command on a channel of its own. The channel's own streams are read, not node-ssh's `execCommand`: that keeps
 * and joins all there is.
 * @throws ProvisionError unreachable (link lost, no channel), or why the wire gave it up.
 */
export function runOnChannel(
  link: Link,
  command: string,
  input: string | Buffer | Readable,
  wire: Wire,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let channel: ClientChannel | undefined
    const onGone = () => finalise(() => reject(link.linkLost()))
    const onGivenUp = () => {
      channel?.close()
      finalise(() => reject(wire.signal.reason))
    }
    const finalise = (how: () => void) => {
      link.gone.removeEventListener('abort', onGone)
      wire.signal.removeEventListener('abort', onGivenUp)
      how()
    }
    link.gone.addEventListener('abort', onGone)
    wire.signal.addEventListener('abort', onGivenUp)
    const noChannel = (error: unknown) =>
      finalise(() => reject(link.gone.aborted ? link.linkLost() : channelFailure(link.host, error)))
    try {
      link.client.exec(command, (error, opened) => {
        if (error) return noChannel(error)
        channel = opened
        follow(opened, input, wire, (status) =>
          finalise(() => (status === undefined ? reject(link.linkLost()) : resolve(status))),
        )
        if (wire.signal.aborted) opened.close()
      })
    } catch (error) {
      noChannel(error)
    }
  })
}

/** @param onEnd told the exit status; undefined when the channel closed without one */
function follow(
  channel: ClientChannel,
  input: string | Buffer | Readable,
  wire: Wire,
  onEnd: (status: number | undefined) => void,
): void {
  let status: number | undefined
  // The host's command may end without reading its input.
  channel.on('error', () => {})
  channel.on('data', wire.stdout)
  channel.stderr.on('data', wire.stderr)
  wire.sources?.(channel, channel.stderr)
  channel.on('exit', (code: number | null, signal: string | null = null) => {
    status = code ?? signalStatus(signal)
  })
  channel.on('close', () => {
    // It waits for standard output to be read, not for the other one.
    if (channel.stderr.readableEnded) onEnd(status)
    else channel.stderr.once('end', () => onEnd(status))
  })
  if (input instanceof Readable) input.pipe(channel)
  else channel.end(input)
}

const channelFailure = (host: Target, error: unknown): ProvisionError =>
  failure(host, 'unreachable', `no channel for the script: ${messageOf(error)}`, {
    hint: "Does sshd's MaxSessions allow several sessions per connection?",
    cause: error,
  })
