import { rawScript, type Script } from '../../shell/script.ts'

/** Seconds that another apt is waited for: a new machine updates itself at its first boot. */
export const LOCK_WAIT = 300

/**
 * Defines `update_lists OPTIONS`: apt-get update, which waits for dpkg's lock, but not for that of the lists. Who holds
 * that one is said when the waiting begins; `lists_locked` is the sentence for where it never ended.
 */
export const UPDATE_LISTS: Script = rawScript(
  [
    'update_lists() {',
    '  lists_locked=; began=$(date +%s); holder=',
    '  while :; do',
    `    if said=$(apt-get -q -o DPkg::Lock::Timeout=${LOCK_WAIT} update "$@" 2>&1); then printf "%s\\n" "$said"; return 0; fi`,
    '    case $said in',
    '      *"Could not get lock /var/lib/apt/lists/"* | *"Unable to lock directory /var/lib/apt/lists/"*) ;;',
    '      *) printf "%s\\n" "$said"; return 1 ;;',
    '    esac',
    '    now=$(printf "%s\\n" "$said" | sed -n "s/.*held by \\(process [0-9]* ([^)]*)\\).*/\\1/p" | head -n 1)',
    '    now=${now:-another process}',
    `    if [ $(($(date +%s) - began)) -ge ${LOCK_WAIT} ]; then`,
    `      lists_locked="$now has held the lock of apt's lists (/var/lib/apt/lists/lock) for more than ${LOCK_WAIT / 60} minutes: run again when it is done"`,
    '      return 1',
    '    fi',
    `    [ "$now" = "$holder" ] || echo "provision: waiting for $now, which holds the lock of apt's lists"`,
    '    holder=$now',
    '    sleep 3',
    '  done',
    '}',
  ].join('\n'),
)

/** Minutes for which the lists of packages count as those of now. */
const FRESH_MINUTES = 15

/**
 * Reads the lists of packages anew, for an upgrade must know what there is: they are no state of any service. Ends with
 * a status other than 0 and the reason where that fails; the old lists stay then.
 */
export const refreshLists: Script = rawScript(
  [
    'lists=/var/lib/apt/lists',
    `if [ -n "$(find "$lists" -maxdepth 1 -name '*Packages*' -print -quit 2>/dev/null)" ] &&`,
    `  [ -n "$(find "$lists" -maxdepth 0 -mmin -${FRESH_MINUTES})" ]; then exit 0; fi`,
    UPDATE_LISTS.sh,
    'update_lists -o APT::Update::Error-Mode=any >/dev/null || {',
    '  if [ -n "$lists_locked" ]; then echo "$lists_locked"; exit 1; fi',
    '  printf "%s\\n" "$said" | grep -E "^(E|W|Err)" | tail -n 3; exit 1',
    '}',
    'touch "$lists"',
  ].join('\n'),
)
