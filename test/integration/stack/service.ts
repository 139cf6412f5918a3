import { describe, expect, test } from 'vitest'
import { HOSTS, type Stack, TIERS } from './bed.ts'

const PORTS = [22, 80, 443, 3000, 3306, 8081, 8404, 8405, 9090, 9100, 9104, 9113, 9115, 33060]
const METRICS: Readonly<Record<string, readonly number[]>> = {
  db: [9100, 9104],
  app: [9100, 9115, 3000],
  web: [9100, 9115, 9113],
  lb: [9100, 9115, 8405],
  monitor: [9100, 9115],
}

const tierOf = (host: string): string =>
  Object.entries(TIERS).find(([, names]) => names.some((name) => name === host))?.[0] ?? ''

/** The picture: who answers whom on which port, but for SSH. */
function opened(from: string, to: string): readonly number[] {
  const link = `${from} ${to}`
  const served = link.endsWith(' lb') ? [80] : []
  const needed = { 'lb web': [80], 'web app': [3000], 'app db': [3306], 'db db': [3306] }[link] ?? []
  return [...served, ...needed, ...(from === 'monitor' ? (METRICS[to] ?? []) : [])]
}

/**
 * Ports of hosts that answer, all asked at once; a closed one says nothing. One program for all of them: a shell and a
 * `timeout` for each were 1,800 pairs of processes.
 */
const SCAN = `
use IO::Socket::INET; use IO::Select;
my ($hosts, $ports) = map { [split / /] } @ARGV;
my ($waiting, %named) = (IO::Select->new);
for my $host (@$hosts) { for my $port (@$ports) {
  my $socket = IO::Socket::INET->new(Proto => "tcp", PeerAddr => $host, PeerPort => $port, Blocking => 0) or next;
  $named{$socket} = "$host $port"; $waiting->add($socket);
} }
my $end = time + 4;
while ($waiting->count && time < $end) {
  for my $socket ($waiting->can_write(1)) {
    print "$named{$socket}\\n" if $socket->connected;
    $waiting->remove($socket);
  }
}`

const ask = async (url: string, init: RequestInit = {}): Promise<{ status: number; body: string }> => {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })
  return { status: answer.status, body: await answer.text() }
}

export function service(bed: Stack): void {
  describe('through each floating address', () => {
    test('a POST reaches the primary and a GET comes back from a replica', async () => {
      const marks = bed.vips.map((vip) => `by ${vip} at ${Date.now()}`)
      for (const [i, vip] of bed.vips.entries()) {
        expect(await ask(`http://${vip}/`, { method: 'POST', body: marks[i] ?? '' })).toMatchObject({ status: 201 })
      }
      for (const vip of bed.vips) {
        const { status, body } = await ask(`http://${vip}/`)
        expect(status).toBe(200)
        for (const mark of marks) expect(body).toContain(mark)
      }
      for (const name of TIERS.db) {
        expect(await bed.on(name, "mysql -NB shop -e 'SELECT text FROM notes'")).toContain(marks[1])
      }
    })

    test('every web server answers, each with its own application server', async () => {
      const pages = await Promise.all(Array.from({ length: 24 }, () => ask(`http://${bed.vips[0]}/static/hello.html`)))
      expect([...new Set(pages.map(({ body }) => /<title>(\w+)/.exec(body)?.[1]))].toSorted()).toEqual([...TIERS.web])
      for (const [i, name] of TIERS.web.entries()) {
        expect(await bed.fetchFrom('lb1', `http://${bed.addressOf(name)}/`)).toContain(`"host": "app${i + 1}"`)
      }
    })
  })
}

export function ports(bed: Stack): void {
  test('from each host to each host, only the ports of the picture answer', async () => {
    const named = new Map(HOSTS.map((name) => [bed.addressOf(name), name]))
    const scans = HOSTS.map(async (from) => {
      const others = [...named.keys()].filter((address) => named.get(address) !== from)
      const found = await bed.on(from, `perl -e '${SCAN}' '${others.join(' ')}' '${PORTS.join(' ')}'`)
      return found
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([address = '', port]) => `${from} to ${named.get(address)}: ${port}`)
    })
    const wanted = HOSTS.flatMap((from) =>
      HOSTS.filter((to) => to !== from).flatMap((to) =>
        [22, ...opened(tierOf(from), tierOf(to))].map((port) => `${from} to ${to}: ${port}`),
      ),
    )
    expect((await Promise.all(scans)).flat().toSorted()).toEqual(wanted.toSorted())
  })
}
