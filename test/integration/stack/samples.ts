import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestBed } from '../test-bed.ts'

/** Arguments and environments of all processes, written down again and again while something runs. */
export interface Sampler {
  /** Ends it. @returns what was seen, by host; `controller` is this machine */
  stop(): Promise<ReadonlyMap<string, string>>
}

const PAUSE_MS = 500
/** Here a process is looked at so often: what it is started as, and what it turns itself into. */
const LOOKS = 4
/** On a host: one program, which writes each text once. Some programs for each look cost as much as a small converge. */
const LOOP = `
$| = 1;
my %seen;
while (1) {
  for my $path (glob "/proc/[0-9]*/cmdline /proc/[0-9]*/environ") {
    open my $file, "<", $path or next;
    local $/;
    my $text = <$file>;
    $seen{$_}++ or print "$_\\n" for split /\\0/, $text // "";
  }
  select undef, undef, undef, ${PAUSE_MS / 1000};
}`

export async function sampleProcesses(bed: TestBed, hosts: readonly string[]): Promise<Sampler> {
  const start = `(perl -e '${LOOP}' >/root/sample 2>/dev/null & echo $! >/root/sampler) >/dev/null 2>&1`
  for (const host of hosts) await bed.on(host, start)
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
        return [host, await bed.on(host, 'kill $(cat /root/sampler); cat /root/sample; rm /root/sample /root/sampler')]
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
