import { describe, expect, test } from 'vitest'
import { testLab } from '../../lab/test-labs.ts'
import { plannedOf } from '../provision.ts'
import { HOSTS, LONG, NOTHING, type Stack } from './bed.ts'

const KEY = '/home/ada/.ssh/authorized_keys'
const APP = `'app'@'${testLab('stack').subnet}.%'`
const EDITS = [
  ['a file is edited', 'web1', 'echo hacked >/var/www/notes/static/hello.html', /^file:\/var\/www\/notes\/static/],
  ['a mode is changed', 'web2', 'chmod 0666 /etc/sudoers.d/90-provision', /^file:\/etc\/sudoers\.d\/90-provision$/],
  ['a service is stopped', 'web3', 'systemctl stop nginx', /^service:nginx/],
  ['a firewall rule is added', 'lb1', 'ufw allow 4444/tcp', /^ufw:/],
  ['a package is removed', 'mon1', 'dpkg --purge --force-all prometheus-node-exporter', /node-exporter/],
  ['the key of an administrator is gone', 'lb1', `: >${KEY}`, /^authorized-key:ada/],
  ['the configuration of nginx is edited', 'web1', 'echo "# mine" >>/etc/nginx/nginx.conf', /^file-set:nginx$/],
  ['another release is current', 'app1', 'ln -sfn releases/none /srv/notes/current', /^release:notes$/],
  ['a grant is revoked', 'db1', `mysql -e "REVOKE DELETE ON shop.* FROM ${APP}"`, /^mysql-user:app@/],
] as const

export function drift(bed: Stack): void {
  describe('what is changed by hand', () => {
    test(
      'is seen by a dry run, repaired by a run, and gone then',
      async () => {
        for (const [, host, edit] of EDITS) await bed.on(host, edit)
        const check = await bed.run('--check')
        expect(check.status).toBe(2)
        // Nothing else is: all that failed and came back before is as it was.
        const edits = (name: string) => EDITS.filter(([, host]) => host === name).map(([, , , key]) => key)
        const others = (name: string, keys: readonly string[]) =>
          keys.filter((one) => !one.startsWith('handler:') && !edits(name).some((key) => key.test(one)))
        expect(Object.entries(bed.planned(check)).flatMap(([name, keys]) => others(name, keys))).toEqual([])
        expect(HOSTS.filter((name) => edits(name).length === 0 && plannedOf(check.plan(name)).length > 0)).toEqual([])
        for (const [what, host, , key] of EDITS) {
          expect(
            plannedOf(check.plan(host)).some((one) => key.test(one)),
            what,
          ).toBe(true)
        }
        const repaired = await bed.run()
        expect(repaired.status, repaired.stdout.slice(-3000)).toBe(0)
        for (const host of HOSTS) expect(repaired.result(host).changed.toSorted()).toEqual(plannedOf(check.plan(host)))
        const again = await bed.run('--check')
        expect(again.status).toBe(0)
        expect(bed.planned(again)).toEqual(NOTHING)
        expect(await bed.on('lb1', 'ufw show added')).not.toContain('4444')
        expect(await bed.on('lb1', `cat ${KEY}`)).toContain('ada@example.org')
        expect(await bed.fetchFrom('lb1', `http://${bed.addressOf('web1')}/static/hello.html`)).toContain('web1')
      },
      LONG,
    )
  })

  describe('a site that nginx rejects', () => {
    const SITE = { name: 'notes', listen: [80], locations: [{ path: '/', return: { status: 200, text: 'new' } }] }
    const sites = (...more: object[]) => `nginx_sites=${JSON.stringify([SITE, ...more])}`
    const state = () =>
      bed.on('web1', 'find /etc/nginx -type f | sort | xargs sha256sum; find /etc/nginx | sort; cat /run/nginx.pid')
    const run = (...args: string[]) => bed.run('--limit', 'web1', ...args)

    test('never lands: its words are told, the old one serves on, and the next good run works', async () => {
      const before = await state()
      const tls = { cert: '/etc/ssl/none.pem', key: '/etc/ssl/none.key', redirect_http: false }
      const failed = await run('--var', sites({ name: 'broken', listen: [8443], tls }))
      expect(failed.status).toBe(1)
      const failure = failed.failure('web1')
      expect(failure).toMatchObject({ code: 'apply', resource: 'file-set:nginx' })
      expect(failure.log.join('\n')).toMatch(/cannot load certificate "\/etc\/ssl\/none\.pem"/)
      expect(await state()).toBe(before)
      expect(await bed.fetchFrom('lb1', `http://${bed.addressOf('web1')}/healthz`)).toContain('200 OK')
      // What came before the rejected set was made; nothing of the set, nor its handler, is left over.
      expect(await bed.on('web1', 'ls -A /etc/nginx | grep provision. || true')).toBe('')

      expect((await run('--var', sites())).status).toBe(0)
      expect(await bed.fetchFrom('lb1', `http://${bed.addressOf('web1')}/`)).toMatch(/new$/)
      expect((await run()).status).toBe(0)
    })
  })
}
