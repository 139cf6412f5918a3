import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprint, formatKnownHost } from '../../src/connection/known-hosts.ts'
import type { ConnectionSettings, Host } from '../../src/inventory/inventory.ts'
import { makeKeyPair } from '../../src/lab/keys.ts'
import { paint } from '../../src/render/format/line.ts'
import type { Finding, ShownFinding } from '../../src/trust/findings.ts'
import { recordedLines, trustJson, trustLines } from '../../src/trust/lines.ts'
import { meantOf } from '../../src/trust/meant.ts'
import { type TrustOptions, trust } from '../../src/trust/trust.ts'
import { type SshServer, sshServer } from '../connection/ssh-server.ts'

let dir: string
let knownHosts: string
let servers: SshServer[]
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'trust-'))
  knownHosts = join(dir, 'known_hosts')
  mkdirSync(join(dir, 'bin'))
  sshHashes('no')
  servers = await Promise.all([1, 2].map(() => sshServer({ onExec: () => {} })))
})
afterEach(() => {
  for (const server of servers) server.close()
  rmSync(dir, { recursive: true })
})

const PATH = () => `${join(dir, 'bin')}:${process.env.PATH}`
const sshHashes = (says: string) =>
  writeFileSync(join(dir, 'bin', 'ssh'), `#!/bin/sh\necho 'hashknownhosts ${says}'\n`, { mode: 0o755 })
const host = (n: number, settings: Partial<ConnectionSettings> = {}): Host => {
  const server = servers[n - 1]
  if (server === undefined) throw new Error(`no server ${n}`)
  return { ...server.host({ knownHosts, hostKeyChecking: 'strict', ...settings }), name: `web${n}` }
}
const keyOf = (n: number): Buffer => servers[n - 1]?.hostKey ?? Buffer.alloc(0)
const nameOf = (n: number) => ({ address: '127.0.0.1', port: host(n).connection.port })
const other = () => Buffer.from(makeKeyPair('other').public.split(' ')[1] ?? '', 'base64')

const run = async (
  options: Partial<TrustOptions> = {},
  choose?: (open: readonly ShownFinding[]) => Promise<readonly ShownFinding[]>,
) => {
  const hosts = options.hosts ?? [host(1), host(2)]
  const told: string[] = []
  let json: object | undefined
  const warnings: string[] = []
  const say = (lines: readonly Parameters<typeof paint>[0][]) => told.push(...lines.map((line) => paint(line, false)))
  const status = await trust(
    { all: hosts, list: undefined, replace: [], unverified: false, forks: 5, env: { PATH: PATH() }, ...options, hosts },
    {
      found: (findings: readonly Finding[], decision) => say(trustLines(findings, decision, options.list)),
      choose,
      recorded: (recorded, left) => say(recordedLines(recorded, left)),
      done: (findings, recorded) => {
        json = trustJson(findings, recorded)
      },
      warn: (message) => warnings.push(message),
    },
  )
  return {
    status,
    text: told.join('\n'),
    json,
    warnings,
    file: existsSync(knownHosts) ? readFileSync(knownHosts, 'utf8') : '',
  }
}

test('without anybody to ask: a table, nothing recorded, and a status that says so', async () => {
  const { status, text, file, json } = await run()
  expect(status).toBe(2)
  expect(file).toBe('')
  const row = (n: number) => `web${n}  127.0.0.1:${nameOf(n).port}  ED25519  ${fingerprint(keyOf(n))}  unknown`
  expect(text.replace(/ +/g, '  ')).toContain(row(1))
  expect(text.replace(/ +/g, '  ')).toContain(row(2))
  expect(text).toContain('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')
  expect(text).toContain('not recorded: web1, web2')
  expect(json).toMatchObject({
    hosts: [
      { host: 'web1', state: 'unknown', type: 'ED25519', fingerprint: fingerprint(keyOf(1)), recorded: false },
      { host: 'web2', recorded: false },
    ],
  })
})

test('what somebody chose is recorded as ssh reads it, and known from then on', async () => {
  const first = await run({}, async (open) => open.slice(0, 1))
  expect([first.status, first.file]).toEqual([2, formatKnownHost(nameOf(1), keyOf(1))])
  expect(
    execFileSync('ssh-keygen', ['-F', `[127.0.0.1]:${nameOf(1).port}`, '-f', knownHosts], { encoding: 'utf8' }),
  ).toContain('ssh-ed25519')
  const second = await run({}, async (open) => open)
  expect([second.status, second.text]).toEqual([0, expect.stringContaining('1 host known')])
  expect((await run()).text).toBe('2 hosts known')
})

test('what a list has is recorded without a question; what it has otherwise never is', async () => {
  const list = join(dir, 'list')
  writeFileSync(
    list,
    `256 ${fingerprint(keyOf(1))} root@web1 (ED25519)\n256 ${fingerprint(other())} root@web2 (ED25519)\nwhat\n`,
  )
  const { status, text, file, warnings } = await run({ list }, async () => {
    throw new Error('nobody is to be asked')
  })
  expect([status, file]).toEqual([1, formatKnownHost(nameOf(1), keyOf(1))])
  expect(text).toContain(`as expected (${list}:1)`)
  expect(text).toContain(`NOT AS EXPECTED (${list}:2)`)
  expect(warnings).toEqual([`${list}:3: neither a key nor a fingerprint`])
  await expect(run({ list: join(dir, 'none') })).rejects.toMatchObject({
    problems: [{ message: expect.stringContaining('--expect') }],
  })
})

test('a changed key is told loudly, and takes the place of the old one only where that host is named', async () => {
  const old = other()
  const hashed = formatKnownHost(nameOf(1), old, Buffer.alloc(20, 3))
  const more = `# mine\n192.0.2.9 ssh-ed25519 ${other().toString('base64')}\n@revoked * ssh-ed25519 ${other().toString('base64')}\n`
  writeFileSync(join(dir, 'dotfile'), more + hashed, { mode: 0o640 })
  symlinkSync(join(dir, 'dotfile'), knownHosts)
  const asked = { hosts: [host(1)] }
  for (const way of [{}, { unverified: true }]) {
    const { status, text, file } = await run({ ...asked, ...way }, async (open) => open)
    expect([status, file]).toEqual([1, more + hashed])
    expect(text).toContain(`CHANGED (${knownHosts}:4)`)
    expect(text).toContain('--replace web1')
  }
  expect((await run({ ...asked, replace: ['web1'] })).file).toBe(more + hashed)
  const { status, file } = await run({ ...asked, replace: ['web1'] }, async (open) => open)
  expect(status).toBe(0)
  expect(file).toMatch(/^# mine\n192\.0\.2\.9 .*\n@revoked .*\n\|1\|.* ssh-ed25519 .*\n$/)
  expect(file).toContain(keyOf(1).toString('base64'))
  expect(file).not.toContain(old.toString('base64'))
  expect(readFileSync(join(dir, 'dotfile.old'), 'utf8')).toBe(more + hashed)
  expect(statSync(join(dir, 'dotfile')).mode & 0o777).toBe(0o640)
  expect((await run(asked)).status).toBe(0)
})

test('a revoked key is never recorded, and a host that does not answer fails the command, not the others', async () => {
  writeFileSync(knownHosts, `@revoked * ssh-ed25519 ${keyOf(1).toString('base64')}\n`)
  servers[1]?.close()
  const { status, text, file } = await run({ unverified: true, replace: ['web1'] })
  expect(status).toBe(1)
  expect(text).toContain(`REVOKED (${knownHosts}:1)`)
  expect(text).toMatch(/web2: .* refuses the connection/)
  expect(file.split('\n')).toHaveLength(2)
})

test('hosts that show one key are told, and a name that is none of them', async () => {
  const [server] = servers
  const { text } = await run({ hosts: [host(1), { ...host(1), name: 'clone' }] })
  expect(server).toBeDefined()
  expect(text).toContain('web1, clone show the same key')
  await expect(run({ replace: ['wbe1'] })).rejects.toMatchObject({
    problems: [{ message: expect.stringContaining('--replace wbe1'), hint: expect.stringContaining('web1') }],
  })
})

test('jump hosts on the way are asked first, and what is behind them once their keys are known', async () => {
  const bastion = await sshServer({ onExec: () => {}, forwards: true })
  servers.push(bastion)
  const jump = { ...bastion.host({ knownHosts, hostKeyChecking: 'strict' }), name: 'bastion' }
  const hosts = [host(1, { jumps: [jump] }), host(2, { jumps: [jump] })]
  const first = await run({ hosts })
  expect([first.status, first.text.match(/^[a-z0-9]+(?= +127)/gm)]).toEqual([2, ['bastion']])
  expect(first.warnings).toEqual(['2 more behind jump hosts that are not known: they are asked once these are'])
  const asked: string[][] = []
  const { status, file } = await run({ hosts }, async (open) => {
    asked.push(open.map((finding) => finding.host.name))
    return open
  })
  expect([status, asked]).toEqual([0, [['bastion'], ['web1', 'web2']]])
  expect(file.trim().split('\n')).toHaveLength(3)
  expect((await run({ hosts })).status).toBe(0)
})

test('a key in one of the further files is known', async () => {
  const global = join(dir, 'global')
  writeFileSync(global, formatKnownHost({ address: 'alias', port: 22 }, keyOf(1)))
  const hosts = [host(1, { moreKnownHosts: [join(dir, 'none'), global], hostKeyAlias: 'alias' })]
  expect(await run({ hosts })).toMatchObject({ status: 0, text: '1 host known', file: '' })
})

test('the ssh program shows the key that it would see, and knows, or finds changed, the same', async () => {
  const asked = {
    hosts: [host(1, { transport: 'openssh', sshConfig: 'none' })],
    env: { PATH: process.env.PATH, HOME: dir },
  }
  const first = await run(asked)
  expect([first.status, first.file]).toEqual([2, ''])
  expect(first.text).toContain(`${fingerprint(keyOf(1))}  unknown`)
  expect((await run({ ...asked, unverified: true })).status).toBe(0)
  expect((await run(asked)).text).toBe('1 host known')
  writeFileSync(knownHosts, formatKnownHost(nameOf(1), other()))
  const changed = await run(asked)
  expect([changed.status, changed.text]).toEqual([1, expect.stringContaining(`CHANGED (${knownHosts}:1)`)])
  expect((await run({ ...asked, unverified: true, replace: ['web1'] })).status).toBe(0)
  expect((await run(asked)).status).toBe(0)
})

test('names in a new file are hashed where ssh hashes them', async () => {
  sshHashes('yes')
  const { file } = await run({ hosts: [host(1)], unverified: true })
  expect(file).toMatch(/^\|1\|[^ ]+ ssh-ed25519 [^ ]+\n$/)
  // One that has names already goes on as it is.
  sshHashes('no')
  expect((await run({ unverified: true })).file).toMatch(/^(\|1\|.*\n){2}$/)
})

test('--accept-unverified records all that are new', async () => {
  expect((await run({ unverified: true })).status).toBe(0)
  expect((await run()).status).toBe(0)
})

test('a type that the list or the file knows is the one that is asked for', async () => {
  const rsa = execFileSync(
    'sh',
    ['-c', `ssh-keygen -q -t ecdsa -N "" -f ${join(dir, 'ecdsa')} && cat ${join(dir, 'ecdsa')}`],
    {
      encoding: 'utf8',
    },
  )
  const both = await sshServer({ onExec: () => {}, hostKeys: [makeKeyPair('ed').private, rsa] })
  servers.push(both)
  const list = join(dir, 'list')
  writeFileSync(list, `web9 ${execFileSync('ssh-keygen', ['-lf', join(dir, 'ecdsa.pub')], { encoding: 'utf8' })}`)
  const hosts = [{ ...both.host({ knownHosts, hostKeyChecking: 'strict' }), name: 'web9' }]
  expect((await run({ hosts })).text).toContain('ED25519')
  const { status, file } = await run({ hosts, list })
  expect([status, file]).toEqual([0, expect.stringContaining('ecdsa-sha2-nistp256')])
  expect((await run({ hosts })).text).toBe('1 host known')
})

test('an answer means all, none, or the hosts that it names', () => {
  const names = ['web1', 'web2']
  expect(meantOf(' YES ', names)).toEqual(names)
  expect(meantOf('no', names)).toEqual([])
  expect(meantOf('web2, web1', names)).toEqual(['web2', 'web1'])
  for (const nothing of ['', 'y', 'web1 web3', 'yes web1']) expect(meantOf(nothing, names)).toEqual(expect.any(String))
})
