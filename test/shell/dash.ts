import type { Script } from '../../src/shell/script.ts'
import { type Ended, start } from './start.ts'

/** Runs a script with the shell that targets have, as targets get it: on standard input. */
export function dash(script: Script | string, options: readonly string[] = ['-u'], env = process.env): Ended {
  return start('dash', options, { input: typeof script === 'string' ? script : script.sh, env })
}
