import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkHostKey, hostKeyAlgorithms, knownHostsFiles } from '../../src/connection/host-key.ts'
import { aHost } from './host-fixture.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'host-key-'))
  path = join(dir, 'deep', 'known_hosts')
})
afterEach(() => rmSync(dir, { recursive: true }))

const key = (fill: number) =>
  Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36, fill)])
const host = (address: string, hostKeyChecking: 'strict' | 'accept-new' = 'accept-new', port = 22) =>
  aHost({ knownHosts: path, hostKeyChecking, port }, address)

test('strict refuses an unknown key, names it and says how to add it', () => {
  const refused = checkHostKey(knownHostsFiles(), host('10.0.0.1', 'strict', 2222), key(1))
  expect(refused?.code).toBe('host-key')
  expect(refused?.message).toMatch(/SHA256:[A-Za-z0-9+/]{43}$/)
  expect(refused?.message).toContain(path)
  expect(refused?.hint).toContain('`provision trust --limit web1`')
  expect(refused?.origin).toEqual({ file: 'hosts.yml', line: 3, col: 7 })
})

test('accept-new adds an unknown key, closed to others, and accepts no other afterwards', () => {
  const files = knownHostsFiles()
  expect(checkHostKey(files, host('10.0.0.1'), key(1))).toBeUndefined()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(checkHostKey(files, host('10.0.0.1', 'strict'), key(1))).toBeUndefined()
  const before = readFileSync(path, 'utf8')
  const refused = checkHostKey(files, host('10.0.0.1'), key(2))
  expect(refused?.code).toBe('host-key')
  expect(refused?.message).toContain('CHANGED')
  expect(refused?.message).toContain(`${path}:1`)
  expect(readFileSync(path, 'utf8')).toBe(before)
})

test('a last line without its newline stays whole', () => {
  const files = knownHostsFiles()
  checkHostKey(files, host('10.0.0.1'), key(1))
  writeFileSync(path, readFileSync(path, 'utf8').trimEnd())
  checkHostKey(files, host('10.0.0.2'), key(2))
  expect(checkHostKey(knownHostsFiles(), host('10.0.0.1', 'strict'), key(1))).toBeUndefined()
  expect(checkHostKey(knownHostsFiles(), host('10.0.0.2', 'strict'), key(2))).toBeUndefined()
})

test('a file with hashed names gets no readable one', () => {
  const files = knownHostsFiles()
  checkHostKey(files, host('10.0.0.1'), key(1))
  const [, type, base64] = readFileSync(path, 'utf8').split(' ')
  // The name `10.0.0.9` hashed by ssh-keygen -H is of this form; whose it is does not matter here.
  writeFileSync(path, `|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= ${type} ${base64}`)
  checkHostKey(files, host('10.0.0.2'), key(2))
  expect(readFileSync(path, 'utf8')).not.toContain('10.0.0.2')
  expect(checkHostKey(files, host('10.0.0.2', 'strict'), key(2))).toBeUndefined()
})

test('warns of each malformed line once, with file and line', () => {
  const warnings: string[] = []
  const files = knownHostsFiles((message) => warnings.push(message))
  checkHostKey(files, host('10.0.0.1'), key(1))
  writeFileSync(path, `what is this\n${readFileSync(path, 'utf8')}`)
  checkHostKey(files, host('10.0.0.1'), key(1))
  checkHostKey(files, host('10.0.0.1'), key(1))
  expect(warnings).toEqual([expect.stringContaining(`${path}:1: `)])
})

test('a file that cannot be read refuses the host', () => {
  const refused = checkHostKey(knownHostsFiles(), aHost({ knownHosts: dir, hostKeyChecking: 'accept-new' }), key(1))
  expect(refused?.code).toBe('host-key')
  expect(refused?.message).toContain('EISDIR')
})

test('asks for known types first and leaves none out', () => {
  const files = knownHostsFiles()
  const before = hostKeyAlgorithms([files.read(path)], host('10.0.0.1'))
  const rsa = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('ssh-rsa'), Buffer.alloc(99)])
  checkHostKey(files, host('10.0.0.1'), rsa)
  const after = hostKeyAlgorithms([files.read(path)], host('10.0.0.1'))
  expect(before[0]).toBe('ssh-ed25519')
  expect(after.slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
  expect([...after].sort()).toEqual([...before].sort())
})

test('what is added is taken in, not read again; what another adds is', () => {
  writeFileSync(join(dir, 'known_hosts'), '')
  path = join(dir, 'known_hosts')
  const files = knownHostsFiles()
  checkHostKey(files, host('10.0.0.1'), key(1))
  const known = files.read(path)
  checkHostKey(files, host('10.0.0.2'), key(2))
  expect(files.read(path)).toBe(known)
  expect(known.entries.map(({ line }) => line)).toEqual([1, 2])
  checkHostKey(knownHostsFiles(), host('10.0.0.3'), key(3))
  expect(files.read(path)).not.toBe(known)
  expect(checkHostKey(files, host('10.0.0.3', 'strict'), key(3))).toBeUndefined()
})

test('two processes add many hosts at once and lose none', async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const program = join(dir, 'add.mts')
  writeFileSync(
    program,
    `import { existsSync, writeFileSync } from 'node:fs'
    import { checkHostKey, knownHostsFiles } from '${root}src/connection/host-key.ts'
    import { aHost } from '${root}test/connection/host-fixture.ts'
    const files = knownHostsFiles()
    const settings = { knownHosts: process.env.FILE, hostKeyChecking: 'accept-new' }
    const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36, 5)])
    writeFileSync('${dir}/ready', '')
    while (!existsSync('${dir}/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    for (let i = 0; i < 100; i += 1) {
      if (checkHostKey(files, aHost(settings, '10.1.1.' + i), key)) process.exit(1)
    }`,
  )
  const other = promisify(execFile)(process.execPath, [join(root, 'node_modules/jiti/lib/jiti-cli.mjs'), program], {
    env: { ...process.env, FILE: path },
  })
  // This one is the second.
  await vi.waitUntil(() => existsSync(join(dir, 'ready')), { timeout: 25_000 })
  writeFileSync(join(dir, 'go'), '')
  const files = knownHostsFiles()
  for (let i = 0; i < 100; i += 1) {
    expect(checkHostKey(files, host(`10.2.2.${i}`), key(5))).toBeUndefined()
  }
  await other
  const known = knownHostsFiles().read(path)
  expect(known.malformed).toEqual([])
  expect(known.entries).toHaveLength(200)
}, 30_000)
