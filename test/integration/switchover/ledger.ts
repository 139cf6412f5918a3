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

const writer = (addresses: readonly string[]): string =>
  [
    `set -- ${addresses.join(' ')}`,
    'i=$(date +%s)000',
    'while [ ! -e /root/stop ]; do',
    '  i=$((i + 1))',
    '  until mysql --defaults-file=/root/app.cnf -h "$1" -e "INSERT IGNORE INTO shop.ledger VALUES ($i)" 2>/dev/null; do',
    '    first=$1; shift; set -- "$@" "$first"',
    '    [ ! -e /root/stop ] || exit 0',
    '    sleep 0.1',
    '  done',
    '  echo "$i $(date +%s%3N)" >>/root/ledger',
    // Each row costs a login; without a rest the writer would take what the servers need for their switchover.
    '  sleep 0.1',
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
