import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WaitStrategy } from 'testcontainers'
import { $ } from 'zx'

const run = $({ quiet: true, nothrow: true })

/** Waits until sshd at `address` sends its banner: an open port alone may still be a half-booted host. */
export async function waitForSsh(address: string, port = 22, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let reason = ''
  while (Date.now() < deadline) {
    try {
      return await readBanner(address, port)
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
      await sleep(100)
    }
  }
  throw new Error(
    `sshd at ${address} did not answer within ${timeoutMs / 1000} s (${reason}). The lab needs to reach its hosts' addresses directly, which Docker allows on Linux only.`,
  )
}

function readBanner(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port })
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    socket.setTimeout(2_000, () => fail(new Error('no answer')))
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('closed without a banner')))
    socket.once('data', (data) => {
      if (!data.toString('latin1').startsWith('SSH-2.0-')) return fail(new Error('not an SSH server'))
      resolve()
      socket.destroy()
    })
  })
}

type Container = Parameters<WaitStrategy['waitUntilReady']>[0]

/** A host that does not answer, as the engine and its own systemd see it. */
async function howItIs(container: Container): Promise<string> {
  const { State, NetworkSettings } = await container.inspect()
  const logs = await container.logs({ stdout: true, stderr: true, tail: 20, follow: false })
  const inside = State.Running
    ? (
        await run`docker exec ${container.id} sh -c ${'ip -brief address; systemctl list-jobs --no-pager; ps ax'}`
      ).text()
    : ''
  const networks = Object.entries(NetworkSettings.Networks).map(([name, { IPAddress }]) => `${name} ${IPAddress}`)
  return [
    `state: ${State.Status}, exit code ${State.ExitCode} ${State.Error}; networks: ${networks.join(', ')}`,
    `printed: ${logs.toString('utf8')}`,
    inside,
  ].join('\n')
}

/** Tells testcontainers that a host is ready when its sshd answers. */
export class SshAnswers implements WaitStrategy {
  readonly #address: string
  readonly #port: number | undefined
  #timeoutMs = 60_000

  constructor(address: string, port?: number) {
    this.#address = address
    this.#port = port
  }

  async waitUntilReady(container: Container): Promise<void> {
    try {
      await waitForSsh(this.#address, this.#port, this.#timeoutMs)
    } catch (error) {
      // The container is removed next, and with it all that tells why.
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${await howItIs(container)}`)
    }
  }

  withStartupTimeout(startupTimeoutMs: number): this {
    this.#timeoutMs = startupTimeoutMs
    return this
  }

  isStartupTimeoutSet(): boolean {
    return true
  }

  getStartupTimeout(): number {
    return this.#timeoutMs
  }
}
