import {
  directory,
  type Facts,
  file,
  type Nested,
  ProvisionError,
  type Resource,
  type RoleInput,
  restart,
  service,
  sh,
  symlink,
} from 'provision'
import type { BaseVars } from './vars.ts'

const TIMESYNCD_DIR = '/etc/systemd/timesyncd.conf.d'

/** The right time, and the zone that it is shown in. */
export function clock(vars: BaseVars, facts: Facts, template: RoleInput<BaseVars>['template']): Nested<Resource> {
  return [vars.time_sync === 'timesyncd' && timesyncd(vars, facts, template), zone(vars.timezone)]
}

function timesyncd(vars: BaseVars, facts: Facts, template: RoleInput<BaseVars>['template']): Nested<Resource> {
  const path = `${TIMESYNCD_DIR}/provision.conf`
  const notify = [restart('systemd-timesyncd')]
  // Its unit has ConditionVirtualization=!container: there it is started at no time and would never count as started.
  const runs = vars.time_sync_in_containers || !isContainer(facts)
  return [
    vars.ntp_servers.length === 0
      ? file({ path, state: 'absent', notify })
      : [
          directory({ path: TIMESYNCD_DIR, mode: '0755' }),
          file({ path, content: template('timesyncd.conf.ejs'), mode: '0644', notify }),
        ],
    service({
      name: 'systemd-timesyncd',
      enabled: true,
      ...(runs && { state: 'started' }),
      hint: 'time_sync: none leaves it as it is; "systemctl unmask systemd-timesyncd" on the host frees it',
    }),
  ]
}

/** What systemd-detect-virt calls containers. */
const CONTAINERS = 'docker podman lxc lxc-libvirt systemd-nspawn rkt openvz wsl proot pouch container-other'.split(' ')

const isContainer = ({ virtualization }: Facts): boolean => CONTAINERS.includes(virtualization)

function zone(timezone: string): Resource[] {
  checkZone(timezone)
  return [
    file({
      path: '/etc/timezone',
      content: `${timezone}\n`,
      mode: '0644',
      // Debian moves old names to tzdata-legacy: a link to nothing would silently mean UTC.
      validate: sh`zone=$(cat "$file"); [ -f "/usr/share/zoneinfo/$zone" ] || { echo "tzdata has no $zone" >&2; exit 1; }`,
    }),
    symlink({ path: '/etc/localtime', target: `/usr/share/zoneinfo/${timezone}` }),
  ]
}

/** Names are files on the host, so capitals count. */
function checkZone(timezone: string): void {
  if (KNOWN_ZONES.has(timezone)) return
  const listed = Intl.supportedValuesOf('timeZone')
  // Whether another name (Etc/UTC) is one, only a formatter tells, and the first of a process takes its time.
  if (!listed.includes(timezone)) checkOtherZone(timezone, listed)
  KNOWN_ZONES.add(timezone)
}

function checkOtherZone(timezone: string, listed: readonly string[]): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch (cause) {
    throw new ProvisionError(`timezone '${timezone}' is not known`, {
      code: 'input',
      hint: 'a name of the tz database such as Europe/Berlin or Etc/UTC',
      cause,
    })
  }
  const exact = listed.find((known) => known.toLowerCase() === timezone.toLowerCase())
  if (exact !== undefined && exact !== timezone) {
    throw new ProvisionError(`timezone '${timezone}' is written ${exact}`, { code: 'input' })
  }
}

/** Zones that passed: the hosts of a fleet share theirs. */
const KNOWN_ZONES = new Set<string>()
