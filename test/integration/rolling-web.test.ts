import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { owedMarker } from '../../src/plan/target-state.ts'
import { type Bed, lbBed, lbVars, WEB_VARS } from './lb-bed.ts'
import { load, until } from './traffic.ts'

const PLACE = { name: 'rollweb', subnet: '10.90.12' }
const URLS = [101, 102].map((last) => `http://${PLACE.subnet}.${last}/`)
const WEBS = ['web1', 'web2', 'web3'] as const

let bed: Bed

const runtime = (name: string, command: string) =>
  bed.on(name, `printf '%s\\n' '${command}' | socat -t5 - /run/haproxy/admin.sock`)

/** Admin state of each server on both balancers: 0 ready, 1 maintenance, 8 drained. */
const adminStates = async () => {
  const answers = await Promise.all(['lb1', 'lb2'].map((name) => runtime(name, 'show servers state web')))
  return answers.map((text) =>
    text
      .split('\n')
      .filter((line) => line.includes(' web web') || / web \d+ web/.test(line))
      .map((line) => line.split(' ')[6])
      .join(''),
  )
}
const allUp = async () => {
  const answers = await Promise.all(['lb1', 'lb2'].map((name) => runtime(name, 'show stat web 4 -1')))
  return answers.every((text) => (text.match(/^web,web\d,.*,UP,/gm) ?? []).length === WEBS.length)
}
/** A package that was changed while the run died leaves exactly this. */
const owesRestart = (name: string, unit = 'nginx') =>
  bed.on(name, `mkdir -p /var/lib/provision/owed && : >'${owedMarker(`restart ${unit}`)}'`)
const startedAt = (name: string) => bed.on(name, 'systemctl show -p InvocationID --value nginx')

/** The package that the host has, once more under a higher version, in a repository on the host itself. */
const NEWER = `set -eu
mkdir -p /root/repo && cd /root/repo
version=$(dpkg-query -W -f '\${Version}' nginx)
apt-get -q download "nginx=$version"
dpkg-deb -R nginx_*.deb tree
sed -i "s/^Version: .*/Version: $version+lab1/" tree/DEBIAN/control
dpkg-deb -b tree newer.deb
{ dpkg-deb -f newer.deb; printf 'Filename: ./newer.deb\nSize: %s\nSHA256: %s\n' "$(stat -c %s newer.deb)" "$(sha256sum newer.deb | cut -d' ' -f1)"; } >Packages
chmod 755 /root /root/repo
echo 'deb [trusted=yes] file:/root/repo ./' >/etc/apt/sources.list.d/newer.list
touch -d '2 hours ago' /var/lib/apt/lists`

async function underLoad<T>(work: () => Promise<T>, retries = 0) {
  const requests = load(URLS, { retries })
  const value = await work()
  const { sent, retried, failures } = await requests.stop()
  return { value, sent: sent.length, retried, failures }
}

beforeAll(async () => {
  bed = await lbBed(PLACE)
  bed.given(lbVars(PLACE.subnet))
  const { results, refused } = await bed.provision()
  expect(refused).toBe('')
  expect(results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
  await until('all servers up', 30, allUp)
})

afterAll(() => bed.lab.down())

describe('web servers behind two load balancers, under load on both addresses', () => {
  it('a configuration and a restart go over three hosts without a failed request', async () => {
    await Promise.all(WEBS.map((name) => owesRestart(name)))
    const before = await Promise.all(WEBS.map(startedAt))
    bed.given({ ...WEB_VARS, nginx_headers: { 'X-Rolled': 'yes' } }, 'web')
    const { value, sent, failures } = await underLoad(() => bed.provision())
    expect(WEBS.map((name) => value.result(name))).toMatchObject(
      WEBS.map(() => ({ outcome: 'changed', putBack: true })),
    )
    const after = await Promise.all(WEBS.map(startedAt))
    for (const [i, id] of after.entries()) expect(id).not.toBe(before[i])
    expect(await adminStates()).toEqual(['000', '000'])
    const response = await fetch(URLS[0] ?? '')
    expect(response.headers.get('x-rolled')).toBe('yes')
    expect(failures).toEqual([])
    expect(sent).toBeGreaterThan(200)
  })

  it('an upgrade takes the newer package to all three without a failed request', async () => {
    await Promise.all(WEBS.map((name) => bed.on(name, NEWER)))
    const { value, failures } = await underLoad(() => bed.provision({ upgrade: true, tiers: ['web'] }))
    expect(value.results.map(({ host, outcome, putBack }) => [host, outcome, putBack])).toEqual(
      WEBS.map((name) => [name, 'changed', true]),
    )
    const versions = await Promise.all(WEBS.map((name) => bed.on(name, "dpkg-query -W -f '${Version}' nginx")))
    expect(versions.filter((version) => version.endsWith('+lab1'))).toHaveLength(3)
    expect(failures).toEqual([])
    const again = await bed.provision({ upgrade: true, tiers: ['web'] })
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok'])
  })

  it('no server is taken out when no other is up; what is broken is mended first', async () => {
    await owesRestart('web1')
    await Promise.all(['web2', 'web3'].map((name) => bed.on(name, 'systemctl stop nginx')))
    await until('two servers down', 20, async () =>
      /web,web3,.*,DOWN,/.test(await runtime('lb2', 'show stat web 4 -1')),
    )
    const alone = await underLoad(() => bed.provision({ limit: ['web1'] }))
    expect(alone.value.result('web1')).toMatchObject({
      outcome: 'skipped',
      failure: { message: expect.stringContaining('0 other servers of backend web are up, 1 must be') },
    })
    expect(alone.failures).toEqual([])
    const all = await underLoad(() => bed.provision())
    expect(WEBS.map((name) => all.value.result(name).outcome)).toEqual(['changed', 'changed', 'changed'])
    expect(all.failures).toEqual([])
    expect(await adminStates()).toEqual(['000', '000'])
  })

  it('a server that somebody put into maintenance stays there', async () => {
    await owesRestart('web3')
    for (const lb of ['lb1', 'lb2']) await runtime(lb, 'set server web/web3 state maint')
    const { value, failures } = await underLoad(() => bed.provision())
    expect(value.result('web3')).toMatchObject({ outcome: 'changed' })
    expect(await adminStates()).toEqual(['001', '001'])
    for (const lb of ['lb1', 'lb2']) await runtime(lb, 'set server web/web3 state ready')
    expect(failures).toEqual([])
  })
})

describe('load balancers, under load on both addresses', () => {
  it('hand their addresses over before they are restarted: a client sends a GET again once at most', async () => {
    const lbs = ['lb1', 'lb2']
    await Promise.all(lbs.flatMap((name) => ['haproxy', 'keepalived'].map((unit) => owesRestart(name, unit))))
    await runtime('lb1', 'set server web/web3 state drain')
    const { value, sent, retried, failures } = await underLoad(() => bed.provision({ tiers: ['lb'] }), 1)
    expect(lbs.map((name) => value.result(name))).toMatchObject(lbs.map(() => ({ outcome: 'changed', putBack: true })))
    expect(Object.values(await bed.owners())).toEqual(lbs)
    // What was drained by hand on one of them still is.
    expect(await adminStates()).toEqual(['008', '000'])
    await runtime('lb1', 'set server web/web3 state ready')
    expect(failures).toEqual([])
    // Connections on the way while an address moves, and no others.
    expect(retried).toBeLessThan(Math.max(12, sent / 100))
  })
})
