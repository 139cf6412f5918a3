import type { Connection, ExecOptions, Traffic } from './connection.ts'

/** Counts what goes over connections. */
export interface Recorder {
  /** The same connection, counted. */
  wrap(connection: Connection): Connection
  traffic(): Traffic
}

/** One recorder may count several connections, e.g. all of a host. Bytes are those of scripts and answers in UTF-8. */
export function recorder(): Recorder {
  const count = { execs: 0, bytesOut: 0, bytesIn: 0, connects: 0 }
  const counted = ({ onStdout, ...options }: ExecOptions = {}): ExecOptions => {
    if (onStdout === undefined) return options
    const heard = (text: string) => {
      count.bytesIn += Buffer.byteLength(text)
      onStdout(text)
    }
    return { ...options, onStdout: heard }
  }
  return {
    wrap(connection) {
      count.connects += 1
      return {
        async exec(script, options) {
          count.execs += 1
          count.bytesOut += Buffer.byteLength(script)
          const result = await connection.exec(script, counted(options))
          count.bytesIn += Buffer.byteLength(result.stdout) + Buffer.byteLength(result.stderr)
          return result
        },
        close: () => connection.close(),
      }
    },
    traffic: () => ({ ...count }),
  }
}
