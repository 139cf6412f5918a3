import { describe, expect, test } from 'vitest'
import app from '../../roles/app/index.ts'
import { reveal, type Text } from '../../src/masking/secret.ts'
import { compiled } from './compiled.ts'

const SUM = 'a'.repeat(64)
const vars = {
  app_name: 'shop',
  app_version: '1.2',
  app_artifact: { path: 'dist/shop.tar.gz', sha256: SUM },
  app_exec: '/usr/bin/python3 app.py',
  app_port: 3000,
}
const UNIT = 'systemd-unit:/etc/systemd/system/shop.service'
const MIGRATE = 'systemd-unit:/etc/systemd/system/shop-migrate@.service'

describe('role app', () => {
  test('declares user, folders, environment, unit, release and service, in this order', async () => {
    const host = await compiled(app, { vars: { ...vars, app_packages: ['python3'], app_shared: ['a/b'] } })
    expect(host.problems).toEqual([])
    expect(host.keys).toEqual([
      'package:python3',
      'user:shop',
      'directory:/srv/shop',
      'directory:/srv/shop/config',
      'file:/srv/shop/config/env',
      'directory:/srv/shop/shared',
      'directory:/srv/shop/shared/a',
      'directory:/srv/shop/shared/a/b',
      UNIT,
      'release:shop',
      expect.stringContaining('ufw:in proto tcp from 192.0.2.12 to any port 3000 + '),
      'service:shop.service',
    ])
    expect(host.desired('release:shop')).toMatchObject({ dir: '/srv/shop', version: '1.2', keep: 5, shared: ['a/b'] })
    expect(host.notifies(UNIT)).toEqual(['restart shop'])
    expect(host.content(UNIT)).toContain('ReadWritePaths=/srv/shop/shared\n')
  })

  test('finds the artifact of its version by a path that has the version in it', async () => {
    const artifact = { path: 'dist/{version}/shop-{version}.tar.gz', sha256: SUM }
    const host = await compiled(app, { vars: { ...vars, app_artifact: artifact } })
    expect(host.desired('release:shop')).toMatchObject({ artifact: { path: 'dist/1.2/shop-1.2.tar.gz', sha256: SUM } })
  })

  test('C28, C18: changes nothing of an account that is there, and app_dir may be a link to a disk of its own', async () => {
    const host = await compiled(app, { vars: { ...vars, app_user: 'www-data' } })
    expect(host.desired('user:www-data')).toMatchObject({ createOnly: true, home: '/srv/shop' })
    expect(host.desired('directory:/srv/shop')).toMatchObject({ follow: true, mode: '0755' })
  })

  test('quotes the environment as systemd reads it, and keeps a secret one', async () => {
    const host = await compiled(app, { vars: { ...vars, app_env: { TEXT: 'a "b" $c \\ `d`', N: 5 } } })
    expect(host.content('file:/srv/shop/config/env')).toContain(
      'PORT="3000"\nTEXT="a \\"b\\" \\$c \\\\ \\`d\\`"\nN="5"\n',
    )
  })

  test('hands credentials over as files, masked wherever they show', async () => {
    const host = await compiled(app, { vars: { ...vars, app_credentials: { db_password: 'hunter22' } } })
    const key = 'file:/srv/shop/config/credentials/db_password'
    expect(host.content(key)).toBe('‹secret›')
    const desired = host.desired(key) as { content: Text; mode: string }
    expect([reveal(desired.content), desired.mode]).toEqual(['hunter22', '0600'])
    expect(host.notifies(key)).toEqual(['restart shop'])
    expect(host.content(UNIT)).toContain('LoadCredential=db_password:/srv/shop/config/credentials/db_password\n')
  })

  test('opens its port to the web servers and the monitor, and to nobody when told of none', async () => {
    const opened = async (settings: Record<string, unknown>) =>
      (await compiled(app, { vars: { ...vars, ...settings }, host: 'lb1' })).keys.filter((key) =>
        key.startsWith('ufw:'),
      )
    const [rule, ...others] = await opened({})
    expect(others).toEqual([])
    expect(rule?.match(/(?<=from )\S+/g)).toEqual(['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.31'])
    expect(rule?.match(/(?<=port )\S+/g)).toEqual(['3000', '3000', '3000', '3000'])
    expect(await opened({ app_allow_from_tiers: [] })).toEqual([])
    expect(await opened({ app_firewall: false })).toEqual([])
  })

  test('migrates on the first host of the tier only', async () => {
    const migrating = { ...vars, app_migrate_cmd: '/usr/bin/python3 app.py migrate' }
    const first = await compiled(app, { vars: migrating })
    expect(first.desired('release:shop')).toMatchObject({ migrate: 'shop-migrate@' })
    expect(first.content(MIGRATE)).toContain('WorkingDirectory=/srv/shop/releases/%i\n')
    const second = await compiled(app, { vars: migrating, host: 'web2' })
    expect(second.keys).not.toContain(MIGRATE)
    expect(second.desired('release:shop')).not.toHaveProperty('migrate')
  })

  test.each([
    ['app_version', '../1'],
    ['app_version', '1.tmp'],
    ['app_exec', 'python3 app.py'],
    ['app_shared', ['../etc']],
    ['app_artifact', { path: 'x', sha256: 'abc' }],
  ])('refuses %s: %s', async (name, value) => {
    const { problems } = await compiled(app, { vars: { ...vars, [name]: value } })
    expect(problems.join('\n')).toContain(name)
  })
})
