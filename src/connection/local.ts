import type { Host } from '../inventory/inventory.ts'
import type { Connection } from './connection.ts'
import { runProgram } from './program.ts'
import { rootConnection } from './root-exec.ts'

/** This very machine: sh, or sudo when this process is not root. Nothing to connect to and nothing to close. */
export async function connectLocal(host: Host, env: NodeJS.ProcessEnv): Promise<Connection> {
  const isRoot = process.getuid?.() === 0
  const local: Host = isRoot ? { ...host, connection: { ...host.connection, become: 'none' } } : host
  return rootConnection(local, {
    run: (command, input, options) => runProgram(host, ['/bin/sh', '-c', command], input, options, env),
    close: async () => {},
  })
}
