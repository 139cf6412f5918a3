import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { program } from '../program.ts'
import { projectFolder } from '../project-folder.ts'

test('-v of commands that look says which hosts the ssh program logs in at, and why; without it nothing does', async () => {
  const cli = await program()
  const root = projectFolder({
    'inventories/site.yml': 'tiers: [{ name: web, roles: [] }]\n',
    'inventories/prod/hosts.yml': `tiers:
  web:
    hosts:
      plain: { address: 127.0.0.1, connection: { port: 1, ssh_config: false } }
      own: { address: 127.0.0.1, connection: { port: 2, ssh_config: false, transport: openssh } }
      behind: { address: gate.invalid, connection: { ssh_config: config } }
`,
    'inventories/prod/config': 'Host gate.invalid\n  ProxyCommand false\n',
  })
  const said = (...args: readonly string[]) =>
    new Promise<string[]>((resolve) => {
      const env = {
        ...process.env,
        NO_COLOR: '1',
        XDG_CACHE_HOME: join(root, 'cache'),
        XDG_STATE_HOME: join(root, 'state'),
      }
      execFile(process.execPath, [cli, ...args], { cwd: root, env }, (_, __, stderr) =>
        resolve(stderr.split('\n').filter((line) => line.includes('ssh program'))),
      )
    })
  const because = [`behind: by the ssh program, for ProxyCommand (${root}/inventories/prod/config:2)`]
  const all = await Promise.all([
    said('ping', '-i', 'prod', '-v'),
    said('facts', '-i', 'prod', '-v'),
    said('exec', '-i', 'prod', '-v', '-l', 'web', '--', 'true'),
    said('exec', '-i', 'prod', '-v', '-l', 'plain,own', '--', 'true'),
    said('ping', '-i', 'prod'),
  ])
  expect(all).toEqual([because, because, because, [], []])
})
