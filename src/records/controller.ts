import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Controller } from './record.ts'

/** Who runs this process, and where. */
export function thisController(env: NodeJS.ProcessEnv = process.env): Controller {
  const ticks = ticksOf(process.pid)
  const place = placeOf()
  return {
    user: env.SUDO_USER || nameOfUser(),
    machine: hostname(),
    pid: process.pid,
    ...(place !== undefined && { place }),
    ...(ticks !== undefined && { ticks }),
  }
}

/** How it stands with the process of a run; unknown: it is one of another machine. */
export type Life = 'alive' | 'gone' | 'unknown'

/** Asks the kernel, where the process would be one of its own. */
export function lifeOf({ machine, place, pid, ticks }: Controller): Life {
  if (place === undefined ? machine !== hostname() : place !== placeOf()) return 'unknown'
  if (ticks !== undefined) return ticksOf(pid) === ticks ? 'alive' : 'gone'
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    // Somebody else's process can't be asked, but it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'alive' : 'gone'
  }
}

/** This boot of this machine, and this container of it: numbers of processes mean the same there. Linux only. */
function placeOf(): string | undefined {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** The 22nd field of /proc/PID/stat; the second, the program's name, may hold anything, but no bracket comes after it. */
function ticksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

/** A user without an entry in passwd, as in some containers, has a number only. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
