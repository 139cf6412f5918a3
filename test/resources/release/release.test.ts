import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProvisionError } from '../../../src/errors.ts'
import { healthFunctions } from '../../../src/resources/release/health.ts'
import type { Release } from '../../../src/resources/release/model.ts'
import { releaseKind } from '../../../src/resources/release/release.ts'
import { own } from '../answers.ts'
import { base64 } from '../fixture.ts'

const declared: Release = {
  name: 'shop',
  dir: '/srv/shop',
  version: '3',
  artifact: { path: 'dist/shop-3.tar.gz', sha256: 'a'.repeat(64) },
  shared: [],
  keep: 3,
  health: { port: 3000, path: '/healthz', timeout: 20 },
}

const planned = (desired: Release, values: Readonly<Record<string, string>>) => {
  const lines = Object.entries({ ...values, end: 'yes' }).map(([what, value]) => `@release 0 ${what} ${base64(value)}`)
  const actual = releaseKind.parse(own(lines.join('\n')), [desired]).get(desired.name)
  if (actual === undefined || actual === 'unknown') throw new Error('the release was left out')
  return releaseKind.diff(desired, actual)?.fields
}

const deployed = { current: '/srv/shop/releases/3', order: '3\n', sum: 'a'.repeat(64), installed: '3' }

describe('where the process of a release works', () => {
  it.each([
    ['in the release', '/srv/shop/releases', '/srv/shop/releases/3'],
    ['C29: in a folder of the release', '/srv/shop/releases', '/srv/shop/releases/3/web'],
    ['in the release, /srv being a link to a data disk', '/data/srv/shop/releases', '/data/srv/shop/releases/3'],
  ])('%s: nothing to do', (_, real, live) => {
    expect(planned(declared, { ...deployed, real, live })).toBeUndefined()
  })

  it.each([
    ['the release before', '/srv/shop/releases/2', '2'],
    ['a release whose name begins alike', '/srv/shop/releases/30', '30'],
    ['a tree that was removed since', '/srv/shop/releases/3 (deleted)', '/srv/shop/releases/3 (deleted)'],
    ['elsewhere', '/', '/'],
  ])('%s: it runs something else', (_, live, from) => {
    const fields = planned(declared, { ...deployed, real: '/srv/shop/releases', live })
    expect(fields).toEqual([{ field: 'running', from, to: '3' }])
  })

  it('C30: a running application whose folder is declared elsewhere is refused, with the way to move it', () => {
    const moved = { ...declared, dir: '/srv/shop2' }
    const refusal = () => planned(moved, { live: '/srv/shop/releases/3/web', real: '/srv/shop2/releases' })
    expect(refusal).toThrow(ProvisionError)
    expect(refusal).toThrow('shop runs a release of /srv/shop, and is declared to be in /srv/shop2')
    // Once it is stopped and moved, the link still names the old place: it is made anew.
    const after = { ...deployed, sum: 'a'.repeat(64) }
    expect(planned(moved, after)).toContainEqual({ field: 'version', from: '/srv/shop/releases/3', to: '3' })
  })

  it('takes over a service that ran from a folder of another kind', () => {
    expect(planned(declared, { live: '/opt/shop' })).toContainEqual({ field: 'running', from: '/opt/shop', to: '3' })
  })
})

describe('a process is healthy', () => {
  let dir = ''
  const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 404).end())
  beforeAll(async () => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'provision-release-')))
    mkdirSync(join(dir, 'data/releases/3/web'), { recursive: true })
    mkdirSync(join(dir, 'data/releases/30'), { recursive: true })
    symlinkSync(join(dir, 'data'), join(dir, 'srv'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => {
    server.close()
    rmSync(dir, { recursive: true })
  })

  /** Asks in dash whether a process that works in `folder` is healthy as release 3; systemd's answers are given. */
  const ask = async (folder: string, seconds = 30): Promise<string> => {
    const process = spawn('sleep', ['60'], { cwd: join(dir, folder) })
    try {
      const systemctl = `#!/bin/sh\ncase "$*" in *MainPID*) echo ${process.pid} ;; *ActiveState*) echo active ;; *) echo 0 ;; esac\n`
      writeFileSync(join(dir, 'systemctl'), systemctl)
      chmodSync(join(dir, 'systemctl'), 0o755)
      const { port } = server.address() as AddressInfo
      const functions = healthFunctions({ name: 'shop', health: { port, path: '/healthz', timeout: 1 } }).sh
      const script = `PATH=${dir}:$PATH\n${functions}\nif healthy ${dir}/srv/releases/3 ${seconds}; then echo yes; else echo "$why"; fi`
      const shell = spawn('dash', ['-eu'], { stdio: ['pipe', 'pipe', 'inherit'] })
      shell.stdin.end(script)
      let said = ''
      for await (const chunk of shell.stdout) said += String(chunk)
      return said.trim()
    } finally {
      process.kill()
    }
  }

  it('C29: in the release or in a folder of it, behind a link as well, and nowhere else', async () => {
    expect(await ask('data/releases/3')).toBe('yes')
    expect(await ask('data/releases/3/web')).toBe('yes')
    expect(await ask('data/releases/30', 1)).toContain(`its process works in ${dir}/data/releases/30, not in`)
  })
})
