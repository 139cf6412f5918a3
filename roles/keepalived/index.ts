import { createHash } from 'node:crypto'
import { defineRole, file, fileSet, floatingAddress, masked, sh, systemdUnit, tierAddresses, ufwRule } from 'provision'
import { fleetCheck } from './fleet-check.ts'
import { floatingAddresses, instanceViews, wrong } from './instances.ts'
import { keepalivedPackage, keepalivedService } from './parts.ts'
import { reload } from './reload.ts'
import { DRAIN_FILE, rollout } from './rollout.ts'
import { vars } from './vars.ts'

const CHECK = '/etc/keepalived/check-haproxy'

export default defineRole({
  name: 'keepalived',
  description:
    'Floating addresses that move to another load balancer when a host, its haproxy or its keepalived is gone.',
  vars,
  provides: ({ vars }) => floatingAddresses(vars).map((address) => floatingAddress.of({ address })),
  resources({ host, vars, facts, group, template }) {
    const members = group(host.tier)
    const others = members.filter((peer) => peer.name !== host.name)
    const peers = tierAddresses(others, [host.tier], 'hosts.yml')
    const dev = vars.keepalived_interface ?? facts.defaultInterface
    if (dev === '') throw wrong(`${host.name} has no default route`, 'set keepalived_interface')
    const view = {
      dev,
      peers: vars.keepalived_unicast ? peers : [],
      instances: instanceViews(vars, members, host.name),
      check: CHECK,
    }
    const config = (id: string) => template('keepalived.conf.ejs', { ...view, id: `${host.name}_${id}` })
    // What keepalived calls itself tells which configuration it has loaded.
    const id = createHash('sha256')
      .update(masked(config('')))
      .digest('hex')
      .slice(0, 12)
    return [
      keepalivedPackage(vars),
      file({
        path: CHECK,
        content: template('check-haproxy.ejs', { url: new URL(vars.keepalived_check_url), drain: DRAIN_FILE }),
        mode: '0755',
        owner: 'root',
        group: 'root',
        validate: sh`bash -n "$file"`,
      }),
      systemdUnit({ unit: 'keepalived.service', dropIn: 'provision.conf', content: template('unit.conf.ejs') }),
      vars.keepalived_firewall &&
        peers.length > 0 &&
        ufwRule({ action: 'allow', proto: 'vrrp', from: peers, comment: 'keepalived' }),
      fileSet({
        name: 'keepalived',
        root: '/etc/keepalived',
        files: { 'keepalived.conf': { content: config(id), mode: '0644', owner: 'root', group: 'root' } },
        // Of a file that is not there keepalived says that it is valid.
        validate: sh`
          [ -s "$STAGE/keepalived.conf" ]
          keepalived -t -f "$STAGE/keepalived.conf"
        `,
        notify: [reload(`${host.name}_${id}`)],
      }),
      keepalivedService(),
    ]
  },
  rollout,
  fleetCheck,
})
