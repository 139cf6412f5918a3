import type { Target } from '../inventory/inventory.ts'
import type { Connection } from './connection.ts'
import { runProgram } from './program.ts'
import { type RootOptions, rootConnection } from './root-exec.ts'
import type { Transport } from './transport.ts'

/** This very machine: sh, or sudo when this process is not root. Nothing to connect to and nothing to close. */
export async function connectLocal(
  host: Target,
  env: NodeJS.ProcessEnv,
  options: RootOptions = {},
): Promise<Connection> {
  const isRoot = process.getuid?.() === 0
  const local: Target = isRoot ? { ...host, connection: { ...host.connection, become: 'none' } } : host
  const transport: Transport = {
    run: (command, input, wire) => runProgram(['/bin/sh', '-c', command], input, wire, env),
    close: async () => {},
  }
  return rootConnection(local, transport, options)
}
