import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plainRenderer } from '../../../src/render/plain.ts'
import { collecting } from '../../render/collect.ts'
import { plannedOf, type Run } from '../provision.ts'
import { HOSTS, LONG, NOTHING, type Stack, TIERS } from './bed.ts'
import { sampleProcesses } from './samples.ts'

/** How many commands sshd has started since then, from its own journal. */
async function sessions(bed: Stack, host: string, since: string): Promise<number> {
  const journal = await bed.on(host, `journalctl --no-pager -o cat --since '${since}' -t sshd -t sshd-session`)
  return journal.match(/^Starting session/gm)?.length ?? 0
}

/** A text as it is, and inside anything that is base64. */
function readings(text: string): string[] {
  const words = [...text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)].map(([word]) => word)
  return [text, ...words.map((word) => Buffer.from(word, 'base64').toString())]
}

const leaked = (text: string, secrets: readonly string[]): string[] => {
  const all = readings(text).join('\n')
  return secrets.filter((one) => all.includes(one))
}

const actions = (run: Run, host: string): string[] =>
  run
    .plan(host)
    .items.filter(({ action }) => action !== 'none')
    .map(({ key, action }) => `${action} ${key}`)

/** What a person reads of it, line by line. */
async function readable(run: Run): Promise<string[]> {
  const { options, text } = collecting({ diff: true })
  const renderer = plainRenderer(options)
  for (const event of run.events) if (event.type !== 'script') renderer.event(event)
  await renderer.finish()
  return text().trimEnd().split('\n')
}

export function convergence(bed: Stack): void {
  /** What must be in no output and no list of processes: the random end of each password, and lines of each key. */
  const secrets = (): string[] => {
    const passwords: Record<string, string> = JSON.parse(readFileSync(join(bed.lab.dir, 'passwords.json'), 'utf8'))
    const keys = ['db1', 'db2'].map((name) =>
      readFileSync(join(bed.lab.dir, 'tls', `${name}-${bed.addressOf(name)}.key`), 'utf8'),
    )
    return [
      ...Object.values(passwords).map((one) => one.slice(-12)),
      ...keys.flatMap((key) => key.split('\n').filter((line) => line.length > 40)),
    ]
  }

  describe('twelve bare hosts', () => {
    test(
      'the dry run names what the run then does, MySQL and its replicas too; nobody sees a secret',
      async () => {
        const sampler = await sampleProcesses(bed, ['db1', 'db2', 'app1'])
        const check = await bed.runAlone('--check', '--show-script')
        expect(check.status).toBe(2)
        expect((await readable(check)).length).toBeLessThan(450)
        for (const host of HOSTS) {
          expect(plannedOf(check.plan(host)).length).toBeGreaterThan(20)
          expect(check.result(host)).toMatchObject({ outcome: 'planned', changed: [] })
          expect((await bed.host(host).exec('ls /var/lib/provision; dpkg -s ufw')).stdout).not.toContain('installed')
        }
        for (const name of TIERS.db) expect(actions(check, name)).toContain('unknown mysql-replication:server')
        const done = await bed.runAlone('-vv', '--show-script')
        expect(done.failures()).toEqual([])
        expect(done.status).toBe(0)
        for (const host of HOSTS) {
          expect(done.result(host).outcome).toBe('changed')
          // What can be known only later is named, and may be found as it should be.
          const later = check.plan(host).items.filter(({ action }) => action === 'unknown')
          const names = new Set(later.map(({ key }) => key))
          const known = (keys: readonly string[]) => keys.filter((key) => !names.has(key)).toSorted()
          expect(known(done.result(host).changed)).toEqual(known(plannedOf(check.plan(host))))
          expect(plannedOf(check.plan(host))).toEqual(expect.arrayContaining([...done.result(host).changed]))
          expect(actions(done, host)).toEqual(actions(check, host))
        }
        const seen = await sampler.stop()
        expect(secrets().length).toBeGreaterThan(6)
        for (const [host, text] of seen) {
          expect(text, host).toContain(host === 'controller' ? 'dist/src/cli/cli.js' : '/lib/systemd/systemd')
          expect(leaked(text, secrets()), host).toEqual([])
        }
        for (const { stdout, stderr } of [check, done]) expect(leaked(stdout + stderr, secrets())).toEqual([])
        expect(done.stdout).toContain('‹secret›')
      },
      LONG,
    )
  })
}

export function unchanged(bed: Stack): void {
  describe('twelve hosts that are as declared', () => {
    test('a second run finds nothing to do, by one exec per host', async () => {
      const clock = async (host: string) => (await bed.on(host, 'sleep 1; date "+%F %T"')).trim()
      const since = Object.fromEntries(await Promise.all(HOSTS.map(async (host) => [host, await clock(host)])))
      const done = await bed.run()
      expect(done.status, done.stdout.slice(-3000)).toBe(0)
      for (const host of HOSTS) {
        expect(done.result(host)).toMatchObject({ outcome: 'ok', changed: [], traffic: { execs: 1, connects: 1 } })
        expect(await sessions(bed, host, since[host]), host).toBe(1)
      }
      expect(bed.planned(done)).toEqual(NOTHING)
    })

    test('two changed vars are some lines to read, whatever the hosts have of their own', async () => {
      const vars = ['--var', 'nginx_keepalive_timeout=5s', '--var', 'ntp_servers=[0.debian.pool.ntp.org]']
      const check = await bed.run('--check', ...vars)
      expect(check.status, check.stdout.slice(-3000)).toBe(2)
      const lines = await readable(check)
      expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(30)
      expect(lines.join('\n')).toContain('keepalive_timeout 5s;')
    })
  })
}
