import { spawnSync } from 'node:child_process'
import type { Script } from '../../src/shell/script.ts'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a script with the shell that targets have, as targets get it: on standard input. */
export function dash(script: Script | string, options: readonly string[] = ['-u']): Ran {
  const input = typeof script === 'string' ? script : script.sh
  const ran = spawnSync('dash', [...options], { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, cwd: '/' })
  if (ran.error) throw ran.error
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr }
}
