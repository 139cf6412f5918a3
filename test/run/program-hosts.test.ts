import { expect, test } from 'vitest'
import { programLines } from '../../src/render/format/report.ts'
import { programHosts } from '../../src/run/program-hosts.ts'
import { aHost } from '../connection/host-fixture.ts'

test('-v says which hosts the ssh program logs in at, and why; without it nothing does', () => {
  const host = (name: string, because?: string) => ({
    ...aHost(because === undefined ? {} : { transport: 'openssh', programBecause: [because] }),
    name,
  })
  const proxied = 'ProxyCommand (~/.ssh/config:12)'
  const programs = programHosts([
    host('a', proxied),
    host('b'),
    host('c', proxied),
    host('d', 'certificate /k-cert.pub'),
  ])
  const event = { type: 'run-started', inventory: 'prod', check: false, hosts: [], programs } as const
  expect(programLines(event, 1).map((spans) => spans.map(({ text }) => text).join(''))).toEqual([
    `a, c: by the ssh program, for ${proxied}`,
    'd: by the ssh program, for certificate /k-cert.pub',
  ])
  expect(programLines(event, 0)).toEqual([])
})
