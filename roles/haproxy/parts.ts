import { handler, pkg, type Resource, service, sh } from 'provision'
import type { HaproxyVars } from './vars.ts'

const UNIT = 'haproxy.service'

const STATE = sh`state=$(systemctl show -p ActiveState --value ${UNIT})`

/** Ends a handler with the reason and what haproxy said about it. */
const WHY = sh`
  since=$(date +%s)
  why() {
    echo "haproxy $1" >&2
    journalctl -u ${UNIT} --since "@$since" -n 25 --no-pager -o cat >&2 || :
    exit 1
  }
`

/** The unit's own reload is /usr/local/sbin/haproxy-reload, which keeps what is drained and proves its effect. */
export const reload = handler({
  id: 'reload haproxy',
  unit: UNIT,
  run: sh`
    ${STATE}
    ${WHY}
    case $state in
    inactive | failed | deactivating) echo "haproxy is $state: nothing to reload" ;;
    *) systemctl reload ${UNIT} || why "could not be reloaded" ;;
    esac
  `,
})

/** For a new package only. What is drained stays so here, too; the new process takes the file when it starts. */
export const restart = handler({
  id: 'restart haproxy',
  unit: UNIT,
  supersedes: ['reload haproxy'],
  run: sh`
    ${STATE}
    ${WHY}
    case $state in
    inactive | deactivating) echo "haproxy is $state: nothing to restart"; exit 0 ;;
    active) /usr/local/sbin/haproxy-reload save ;;
    esac
    systemctl reset-failed ${UNIT} 2>/dev/null || :
    systemctl restart ${UNIT} || { /usr/local/sbin/haproxy-reload forget; why "could not be restarted"; }
    /usr/local/sbin/haproxy-reload forget
    sleep 1
    systemctl is-active -q ${UNIT} || why "did not stay up after the restart"
  `,
})

export const haproxyPackage = ({ haproxy_hold: hold }: HaproxyVars): Resource =>
  pkg({ name: 'haproxy', ...(hold && { hold: true }), notify: [restart] })

export const haproxyService = (): Resource => service({ name: 'haproxy', enabled: true, state: 'started' })
