import { type Resource, type RoleInput, service, systemdUnit } from 'provision'

const TIMER = 'haproxy-names.timer'
const SERVICE = 'haproxy-names.service'

/** haproxy resolves names when it starts: one that did not resolve then is looked up until it does. */
export function lookUpNames(named: boolean, template: RoleInput<unknown>['template']): Resource[] {
  if (!named) return [TIMER, SERVICE].map((unit) => systemdUnit({ unit, state: 'absent' }))
  return [
    systemdUnit({ unit: SERVICE, content: template('names.service.ejs') }),
    systemdUnit({ unit: TIMER, content: template('names.timer.ejs') }),
    service({ name: TIMER, enabled: true, state: 'started' }),
  ]
}
