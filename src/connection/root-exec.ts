import { randomBytes } from 'node:crypto'
import { ProvisionError } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { type RawResult, rootCommand, rootResult } from './become.ts'
import type { Connection, ExecOptions } from './connection.ts'

/** What a transport must do: run a short command with this on its standard input. */
export interface Transport {
  run(command: string, input: string, options: ExecOptions): Promise<RawResult>
  close(): Promise<void>
}

/** A connection that runs scripts as root over a transport. */
export function rootConnection(host: Host, transport: Transport): Connection {
  return {
    async exec(script, options = {}) {
      const nonce = randomBytes(12).toString('hex')
      const { command, input } = rootCommand(host, nonce, script)
      const result = rootResult(host, nonce, await transport.run(command, input, options))
      if (result instanceof ProvisionError) throw result
      return result
    },
    close: () => transport.close(),
  }
}
