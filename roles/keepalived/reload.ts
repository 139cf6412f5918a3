import { type Handler, handler, sh } from 'provision'

const UNIT = 'keepalived.service'

/**
 * Never a restart, which moves the addresses. keepalived takes HUP and says nothing; it is asked for what it has loaded
 * (a dump into /tmp, keepalived(8) SIGNALS) until that is the configuration with this id.
 * @param id router_id of the new configuration
 */
export const reload = (id: string): Handler =>
  handler({
    id: 'reload keepalived',
    unit: UNIT,
    run: sh`
      unit=${UNIT} id=${id} dump=/tmp/keepalived.data
      state=$(systemctl show -p ActiveState --value "$unit")
      case $state in
      inactive | failed | deactivating) echo "keepalived is $state: nothing to reload"; exit 0 ;;
      esac
      since=$(date +%s)
      trap 'rm -f -- "$dump" /tmp/keepalived_parent.data' EXIT
      loaded() {
        rm -f -- "$dump"
        kill -s USR1 "$(systemctl show -p MainPID --value "$unit")"
        sleep 0.3
        [ -O "$dump" ] && [ ! -L "$dump" ] && grep -qxE " *Router ID = $id" "$dump"
      }
      systemctl reload "$unit"
      tries=0
      until loaded 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 40 ] || ! systemctl is-active -q "$unit"; then
          echo 'keepalived goes on without the new configuration' >&2
          journalctl -u "$unit" --since "@$since" -n 20 --no-pager -o cat >&2 || :
          exit 1
        fi
      done
    `,
  })
