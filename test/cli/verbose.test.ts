import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../project-folder.ts'
import { inProcess } from './in-process.ts'

test('-v of commands that look says which hosts the ssh program logs in at, and why; without it nothing does', async () => {
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
  const env = {
    PATH: process.env.PATH,
    HOME: root,
    NO_COLOR: '1',
    XDG_CACHE_HOME: join(root, 'cache'),
    XDG_STATE_HOME: join(root, 'state'),
  }
  const said = async (...args: readonly string[]): Promise<string[]> => {
    const { status, err } = await inProcess(args, { cwd: root, env })
    expect(status).toBe(1)
    return err.split('\n').filter((line) => line.includes('ssh program'))
  }
  const because = ['behind: by the ssh program, for ProxyCommand (~/inventories/prod/config:2)']
  for (const words of [['ping'], ['facts'], ['exec', '-l', 'web', '--', 'true']] as const) {
    const [name, ...rest] = words
    expect(await said(name, '-i', 'prod', '-v', ...rest)).toEqual(because)
  }
  expect(await said('ping', '-i', 'prod', '-v', '-l', 'plain,own')).toEqual([])
  expect(await said('ping', '-i', 'prod')).toEqual([])
})
