import { describe, expect, test } from 'vitest'
import blackboxExporter from '../../roles/blackbox_exporter/index.ts'
import mysql from '../../roles/mysql/index.ts'
import mysqldExporter from '../../roles/mysqld_exporter/index.ts'
import nginx from '../../roles/nginx/index.ts'
import nginxExporter from '../../roles/nginx_exporter/index.ts'
import nodeExporter from '../../roles/node_exporter/index.ts'
import prometheus from '../../roles/prometheus/index.ts'
import { compiled } from './compiled.ts'

const flagsOf = (content: string) => /^ARGS="(.*)"$/m.exec(content)?.[1]?.split(' ')
const UBUNTU = { os: { id: 'ubuntu', versionId: '24.04', codename: 'noble' } }
const ALONE = 'tiers: { web: { hosts: { web1: { address: 192.0.2.11 } } } }'
const CNF = 'file:/etc/prometheus-mysqld-exporter/my.cnf'

describe.each([
  [nginxExporter, 'prometheus-nginx-exporter', 9113, {}],
  [mysqldExporter, 'prometheus-mysqld-exporter', 9104, { mysqld_exporter_password: 'geheim' }],
  [blackboxExporter, 'prometheus-blackbox-exporter', 9115, {}],
] as const)('role $name', (role, name, port, vars) => {
  test('listens on the management address and lets in the monitor only', async () => {
    const host = await compiled(role, { vars })
    expect(host.problems).toEqual([])
    expect(host.keys).toContain(`ufw:in proto tcp from 192.0.2.31 to any port ${port}`)
    expect(host.keys.filter((key) => key.startsWith('ufw:'))).toHaveLength(1)
    expect(flagsOf(host.content(`file:/etc/default/${name}`))).toContain(`--web.listen-address=192.0.2.11:${port}`)
    expect(host.notifies(`file:/etc/default/${name}`)).toEqual([`restart ${name}`])
    expect(host.desired(`service:${name}.service`)).toMatchObject({ enabled: true, state: 'started' })
  })

  test('listens on all addresses behind NAT, opens nothing on the monitor itself or without ufw', async () => {
    const nat = await compiled(role, { vars, facts: { addresses: { eth0: ['10.0.0.5'] } } })
    expect(flagsOf(nat.content(`file:/etc/default/${name}`))).toContain(`--web.listen-address=:${port}`)
    const monitor = await compiled(role, { vars, host: 'mon1' })
    const bare = await compiled(role, { vars: { ...vars, [`${role.name}_firewall`]: false } })
    for (const host of [monitor, bare]) expect(host.keys.filter((key) => key.startsWith('ufw:'))).toEqual([])
  })
})

describe('who reads metrics', () => {
  test('is let in wherever it is, beside the tier of the monitor', async () => {
    const host = await compiled(nodeExporter, { beside: { lb: [prometheus] } })
    const [rule, ...others] = host.keys.filter((key) => key.startsWith('ufw:'))
    expect(others).toEqual([])
    expect(rule?.match(/(?<=from )\S+/g)).toEqual(['192.0.2.31', '192.0.2.21'])
  })
})

describe('role nginx_exporter', () => {
  test('asks where it is told to', async () => {
    const uri = 'http://127.0.0.1:9999/status'
    const host = await compiled(nginxExporter, { vars: { nginx_exporter_scrape_uri: uri } })
    expect(flagsOf(host.content('file:/etc/default/prometheus-nginx-exporter'))).toContain(`--nginx.scrape-uri=${uri}`)
    const plain = await compiled(nginxExporter)
    expect(flagsOf(plain.content('file:/etc/default/prometheus-nginx-exporter'))).toContain(
      '--nginx.scrape-uri=http://127.0.0.1:8081/stub_status',
    )
    const vars = { nginx_status_listen: '127.0.0.1:9999' }
    const beside = await compiled(nginxExporter, { vars, beside: { web: [nginx] } })
    expect(flagsOf(beside.content('file:/etc/default/prometheus-nginx-exporter'))).toContain(
      '--nginx.scrape-uri=http://127.0.0.1:9999/stub_status',
    )
  })
})

describe('role mysqld_exporter', () => {
  test('has the password in a file that only root and prometheus can read, and shows it nowhere', async () => {
    const host = await compiled(mysqldExporter, { vars: { mysqld_exporter_password: 'geheim' } })
    expect(host.desired(CNF)).toMatchObject({ mode: '0640', owner: 'root', group: 'prometheus' })
    expect(host.content(CNF)).toMatch(
      /user = exporter\n(#.*\n)*password = `‹secret›`\nsocket = \/run\/mysqld\/mysqld.sock\n/,
    )
    expect(host.notifies(CNF)).toEqual(['restart prometheus-mysqld-exporter'])
    expect(JSON.stringify(host.keys.map((key) => host.desired(key)))).not.toContain('geheim')
    const args = flagsOf(host.content('file:/etc/default/prometheus-mysqld-exporter'))
    expect(args).toContain('--config.my-cnf=/etc/prometheus-mysqld-exporter/my.cnf')
  })

  test("takes account and password of the server's role, and refuses to be without", async () => {
    const vars = { mysql_exporter_user: 'watcher', mysql_exporter_password: 'geheim' }
    const host = await compiled(mysqldExporter, { vars, facts: UBUNTU, beside: { web: [mysql] }, hosts: ALONE })
    expect(host.content(CNF)).toContain('user = watcher\n')
    const { problems } = await compiled(mysqldExporter)
    expect(problems).toEqual([expect.stringContaining("no password for the MySQL account 'exporter'")])
  })
})

describe('C59: a password of the exporter', () => {
  const problems = async (password: string) =>
    (await compiled(mysqldExporter, { vars: { mysqld_exporter_password: password } })).problems.join()

  test('may have all that ends nothing in its option file and its address', async () => {
    expect(await problems(` #;'"\\ %s%d @:/()[]=&+~!*,.<>|^{}-_ öß `)).toBe('')
  })

  test.each(['a?b', 'a$b', '%(user)s', 'a`b', 'a\nb'])(
    'that it would read otherwise is refused: %j',
    async (password) => {
      const said = await problems(password)
      expect(said).toContain("the exporter can't log in with the password of 'exporter'")
      expect(said).not.toContain(password)
    },
  )
})

describe('role blackbox_exporter', () => {
  test('has its modules checked by itself before they land', async () => {
    const host = await compiled(blackboxExporter, { vars: { blackbox_exporter_timeout: 3 } })
    const key = 'file:/etc/prometheus/blackbox.yml'
    expect(host.content(key)).toContain('  http:\n    prober: http\n    timeout: 3s\n')
    expect(host.desired(key)).toMatchObject({
      validate: { sh: 'prometheus-blackbox-exporter --config.check --config.file="$file"' },
    })
  })
})
