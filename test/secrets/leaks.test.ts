import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { secret } from '../../src/masking/secret.ts'
import { createRenderer } from '../../src/render/index.ts'
import { jsonRenderer } from '../../src/render/json.ts'
import { run } from '../../src/run/run.ts'
import { person, seal } from '../inventory/sops/sealed.ts'
import { projectFolder } from '../project-folder.ts'
import { collecting } from '../render/collect.ts'

const PASSWORD = 'p4ss"w0rd\'$x'
const TOKEN = 't0ken-of-the-app'
const KEY = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJrLprivate\n-----END PRIVATE KEY-----\n'

// A role that does with secrets what roles should do, and also what they should not.
const ROLE = `
import { command, defineRole, file, handler, reveal, sh } from 'provision'
export default defineRole({
  name: 'leaky',
  description: 'd',
  vars: {
    password: { type: 'string', secret: true, description: 'd' },
    token: { type: 'string', description: 'Not called secret.' },
    key: { type: 'string', secret: true, description: 'd' },
  },
  resources({ vars, template }) {
    const path = '/nonexistent/provision-leaks'
    const revealed = reveal(vars.password)
    return [
      file({ path: path + '/conf', content: template('conf') }),
      file({ path: path + '/key', content: ['', vars.key], mode: '0600' }),
      file({ path: path + '/revealed', content: 'token=' + reveal(vars.token) + '\\n' + reveal(vars.key) }),
      file({ path: path + '/encoded', content: Buffer.from('user:' + revealed + '@db').toString('base64') }),
      command({ name: 'login', run: sh\`app login --password \${revealed} --key \${vars.key}\`, unless: sh\`echo \${Buffer.from(revealed).toString('base64')}\` }),
      file({ path: path + '/last', content: 'x', notify: [handler({ id: 'tell', run: sh\`echo \${reveal(vars.token)}\` })] }),
    ]
  },
})
`

const files = async (recipient: string, more = {}) => ({
  'inventories/site.yml': 'tiers: [{ name: web, roles: [leaky] }]\n',
  'inventories/prod/hosts.yml':
    'connection: { transport: local, become: none }\ntiers: { web: { hosts: { here: { address: 127.0.0.1 } } } }\n',
  'inventories/prod/group_vars/all.sops.yml': await seal(
    JSON.stringify({ password: PASSWORD, token: TOKEN, key: KEY, ...more }),
    [recipient],
  ),
  'roles/leaky/index.ts': ROLE,
  'templates/leaky/conf.ejs': 'password = <%= vars.password %>\nurl = mysql://<%= vars.token %>@db\n',
})

/** What must be nowhere: the secrets, pieces of them, and how they look encoded. */
const TELLTALES = [
  'p4ss',
  'w0rd',
  't0ken-of',
  'IJrLprivate',
  Buffer.from(PASSWORD).toString('base64').slice(0, 12),
  Buffer.from(TOKEN).toString('base64').slice(0, 12),
  Buffer.from(`user:${PASSWORD}`).toString('base64').slice(8, 20),
]

const expectClean = (text: string): void => {
  for (const telltale of TELLTALES) expect(text).not.toContain(telltale)
}

const allFiles = (dir: string): string =>
  existsSync(dir)
    ? readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
        .join('\n')
    : ''

describe('secrets of encrypted files', { timeout: 120_000 }, () => {
  let cache: string
  beforeEach(() => {
    cache = projectFolder({})
    vi.stubEnv('XDG_CACHE_HOME', cache)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test.each(['json', 'plain'] as const)('are in nothing that a dry run prints or keeps (%s)', async (kind) => {
    const me = await person()
    const root = projectFolder(await files(me.recipient))
    const { options, text } = collecting({ columns: 200, diff: true, verbosity: 2 })
    const renderer = kind === 'json' ? jsonRenderer(options) : await createRenderer('plain', options)
    const { results } = await run(
      {
        root,
        inventory: 'prod',
        check: true,
        limit: [],
        tags: [],
        forks: 1,
        vars: [],
        showScripts: true,
        ageKeys: { given: secret(me.identity), usual: '/nonexistent/keys.txt' },
      },
      { emit: (event) => renderer.event(event) },
    )
    await renderer.finish()
    expect(text()).toContain('provision-leaks/conf')
    expect(text()).toContain('‹secret›')
    expect(text()).toContain('base64')
    expectClean(text())
    expectClean(JSON.stringify(results))
    expect(allFiles(cache)).toContain('codename')
    expectClean(allFiles(cache))
  })

  test('are not in the error of a role that fails over them', async () => {
    const me = await person()
    const root = projectFolder({
      ...(await files(me.recipient)),
      'roles/leaky/index.ts': ROLE.replace('const path', 'JSON.parse(reveal(vars.token)); const path'),
    })
    const failed: unknown = await run(
      {
        root,
        inventory: 'prod',
        check: true,
        limit: [],
        tags: [],
        forks: 1,
        vars: [],
        showScripts: false,
        ageKeys: { given: secret(me.identity), usual: '/nonexistent/keys.txt' },
      },
      { emit: () => undefined },
    ).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(Error)
    expect(failed instanceof Error && failed.message).toContain("role 'leaky': ")
    expectClean(JSON.stringify(failed, ['message', 'problems', 'hint', 'stack', 'cause']))
    expectClean(failed instanceof Error ? `${failed.message}${failed.stack}` : '')
  })
})
