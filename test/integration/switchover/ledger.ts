import { setTimeout as sleep } from 'node:timers/promises'
import type { LabHost } from '../../../src/lab/host.ts'
import { optionValue } from '../../../src/products/mysql/kinds/client.ts'
import { PASSWORDS } from '../../lab/databases.ts'
import { until } from '../until.ts'

/** What a writer was told of its writes. */
export interface Ledger {
  readonly acknowledged: readonly number[]
  /** Longest time between two acknowledged writes, in milliseconds. */
  readonly pause: number
}

const CLIENT = [
  '[client]',
  'user=app',
  `password=${optionValue(PASSWORDS.app)}`,
  'ssl-mode=VERIFY_IDENTITY',
  'ssl-ca=/etc/mysql/provision-ca.pem',
  'connect-timeout=2',
].join('\n')

/**
 * One connection for many rows, as an app has it, since a login costs a client and a server 60 ms of a processor. A row
 * that is refused ends the connection, and the next server is asked.
 */
const writer = (addresses: readonly string[]): string =>
  [
    `set -- ${addresses.join(' ')}`,
    'rows() {',
    '  while [ ! -e /root/stop ]; do',
    '    i=$(date +%s%3N)',
    '    echo "INSERT INTO shop.ledger VALUES ($i); SELECT $i;"',
    '    sleep 0.1',
    '  done',
    '}',
    'while [ ! -e /root/stop ]; do',
    '  rows | mysql --defaults-file=/root/app.cnf -n -NB -h "$1" 2>/dev/null |',
    '    while read -r i; do echo "$i $(date +%s%3N)" >>/root/ledger; done',
    '  first=$1; shift; set -- "$@" "$first"',
    'done',
  ].join('\n')

/**
 * Writes row after row while something is done, as the account of an app that knows all servers, and keeps a ledger of
 * what was acknowledged.
 * @param from where the writer runs
 */
export async function whileWriting(
  from: LabHost,
  servers: readonly LabHost[],
  work: () => Promise<void>,
): Promise<Ledger> {
  const on = async (command: string, stdin = ''): Promise<string> => {
    const { code, stdout, stderr } = await from.exec(command, stdin)
    if (code !== 0) throw new Error(`the writer: ${command}: ${stderr}${stdout}`)
    return stdout.trim()
  }
  await on('umask 077; cat >/root/app.cnf; rm -f /root/stop /root/ledger', CLIENT)
  const writing = on(writer(servers.map(({ address }) => address)))
  await until('a first row', 20, async () => (await from.exec('test -s /root/ledger')).code === 0)
  try {
    await work()
    await sleep(2000)
  } finally {
    await on('touch /root/stop')
    await writing
  }
  const lines = (await on('cat /root/ledger')).split('\n').map((line) => line.split(' ').map(Number))
  const times = lines.map(([, at = 0]) => at)
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? at))
  return { acknowledged: lines.map(([id = 0]) => id), pause: Math.max(...gaps) }
}
