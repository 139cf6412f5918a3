import { expect, it } from 'vitest'
import type { Facts } from '../../src/facts/facts.ts'
import type { ProbedHost } from '../../src/looking/facts.ts'
import { factsLines, pingLines } from '../../src/looking/facts-lines.ts'
import { paint } from '../../src/render/format/line.ts'
import { aHost } from '../connection/host-fixture.ts'

const FACTS: Facts = {
  ...{
    os: { id: 'debian', versionId: '13', codename: 'trixie' },
    arch: 'amd64',
    hostname: 'a',
    cpus: 4,
    memoryMiB: 7936,
  },
  ...{ openFiles: 1024, systemd: 257, virtualization: 'kvm', defaultInterface: 'ens3' },
  addresses: { ens3: ['192.0.2.7', '2001:db8::7'] },
}
const ASKED: readonly ProbedHost[] = [
  { host: 'db1', tier: 'db', login: { ms: 212.4 }, latency: 30.6, facts: FACTS },
  { host: 'web1', tier: 'web', failure: { code: 'timeout', message: 'no answer', hint: 'is it up?', log: [] } },
  { host: 'web2', tier: 'web', failure: { code: 'stopped', message: 'not asked: stopped', log: [] } },
]
const text = (lines: ReturnType<typeof factsLines>) => lines.map((line) => paint(line, false))

it('ping: tier by tier, with the reasons below', () => {
  const logins = new Map(['db1', 'web1', 'web2'].map((name) => [name, aHost()]))
  expect(text(pingLines(ASKED, logins))).toEqual([
    'db',
    '  ✔  db1   ssh deploy@192.0.2.7, sudo  login 212 ms  answer 31 ms  debian 13 (trixie), amd64',
    '',
    'web',
    '  ✖  web1  ssh deploy@192.0.2.7, sudo  timeout',
    '  ✖  web2  ssh deploy@192.0.2.7, sudo  stopped',
    '',
    'web1 failed: no answer',
    '  → is it up?',
    '',
    '1 of 3 hosts answers',
  ])
})

it('facts: a host a line; the reasons of those that gave none below', () => {
  expect(text(factsLines(ASKED))).toEqual([
    'host  tier  system                     cpus  memory   on   route  addresses',
    'db1   db    debian 13 (trixie), amd64  4     7.8 GiB  kvm  ens3   ens3 192.0.2.7 2001:db8::7',
    '',
    'web1 failed: no answer',
    '  → is it up?',
    '',
  ])
})
