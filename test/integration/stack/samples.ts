import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestBed } from '../test-bed.ts'

/** Arguments and environments of all processes, written down again and again while something runs. */
export interface Sampler {
  /** Ends it. @returns what was seen, by host; `controller` is this machine */
  stop(): Promise<ReadonlyMap<string, string>>
}

const PAUSE_MS = 500
/** A process is looked at so often: what it is started as, and what it turns itself into. */
const LOOKS = 4
const LOOP = `(while :; do
  cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null
  sleep ${PAUSE_MS / 1000}
done >/root/sample 2>/dev/null & echo $! >/root/sampler) >/dev/null 2>&1`

export async function sampleProcesses(bed: TestBed, hosts: readonly string[]): Promise<Sampler> {
  for (const host of hosts) await bed.on(host, LOOP)
  const own = new Set<string>()
  let going = true
  // The processes of all hosts are this machine's too: thousands.
  let looks = new Map<string, number>()
  const look = async () => {
    while (going) {
      const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
      looks = new Map(pids.map((pid) => [pid, (looks.get(pid) ?? 0) + 1]))
      for (const [pid, count] of looks) {
        if (count > LOOKS) continue
        for (const file of ['cmdline', 'environ']) own.add(textOf(`/proc/${pid}/${file}`))
      }
      await sleep(PAUSE_MS)
    }
  }
  const looking = look()
  return {
    async stop() {
      going = false
      await looking
      const seen = hosts.map(async (host): Promise<[string, string]> => {
        // Each line of it once: a sample of minutes is the same few hundred lines over and over.
        const lines = `kill $(cat /root/sampler); tr '\\0' '\\n' </root/sample | sort -u; rm -f /root/sample /root/sampler`
        return [host, await bed.on(host, lines)]
      })
      return new Map([...(await Promise.all(seen)), ['controller', [...own].join('\n')]])
    },
  }
}

/** A process may end while it is looked at. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', '\n')
  } catch {
    return ''
  }
}
