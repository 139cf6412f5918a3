import { file, type Nested, type Resource, type RoleInput, service, sh } from 'provision'
import type { BaseVars } from './vars.ts'

const AUTO = '/etc/apt/apt.conf.d/20auto-upgrades'
/** After the package's 50unattended-upgrades: the last value wins in apt.conf, and lists add up. */
const SETTINGS = '/etc/apt/apt.conf.d/52provision-unattended-upgrades'

/** apt reads its configuration for everything it does: a broken file would break it all. */
const validate = sh`apt-config -c "$file" dump >/dev/null`

const timer = (name: string): Resource =>
  service({
    name,
    enabled: true,
    state: 'started',
    hint: `unattended_upgrades_timers: false leaves apt's timers as they are; "systemctl unmask ${name}" on the host frees it`,
  })

/** Security updates by themselves, or the certainty that there are none. */
export function upgrades(vars: BaseVars, template: RoleInput<BaseVars>['template']): Nested<Resource> {
  const config = (path: string, name: string) => file({ path, content: template(name), mode: '0644', validate })
  return [
    config(AUTO, 'auto-upgrades.ejs'),
    vars.unattended_upgrades ? config(SETTINGS, 'unattended-upgrades.ejs') : file({ path: SETTINGS, state: 'absent' }),
    vars.unattended_upgrades &&
      vars.unattended_upgrades_timers &&
      ['apt-daily.timer', 'apt-daily-upgrade.timer'].map((name) => timer(name)),
  ]
}
