import { defineRole, pkg, sysctl } from 'provision'
import { accounts } from './accounts.ts'
import { clock } from './clock.ts'
import { ssh } from './ssh.ts'
import { upgrades } from './upgrades.ts'
import { vars } from './vars.ts'

export default defineRole({
  name: 'base',
  description:
    'What every host has: packages, administrators, kernel settings, the right time, a safe sshd, security updates.',
  vars,
  standalone: true,
  resources({ vars, host, facts, template }) {
    const sudoers = vars.admin_users.some((admin) => admin.state === 'present' && admin.sudo !== 'none')
    // One after the other, so that apt takes them as one transaction.
    const packages = [
      ...vars.base_packages,
      'tzdata',
      ...(sudoers ? ['sudo'] : []),
      ...(vars.time_sync === 'timesyncd' ? ['systemd-timesyncd'] : []),
      ...(vars.unattended_upgrades ? ['unattended-upgrades'] : []),
    ].filter((name) => !vars.apt_hold.includes(name) && !vars.absent_packages.includes(name))
    return [
      vars.absent_packages.map((name) => pkg({ name, state: 'absent' })),
      [...new Set(packages)].map((name) => pkg({ name })),
      vars.apt_hold.map((name) => pkg({ name, hold: true })),
      accounts(vars, template),
      Object.entries(vars.sysctl).map(([name, value]) => sysctl({ name, value })),
      clock(vars, facts, template),
      vars.ssh_manage && ssh({ vars, host, template }),
      upgrades(vars, template),
    ]
  },
})
