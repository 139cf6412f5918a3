/**
 * Programs of a host that a test's machine does not have, or should not run: each does what scripts of the tool count on,
 * and nothing else. `$root` is the host's folder.
 */
export const PROGRAMS: Readonly<Record<string, string>> = {
  /** The host's own clock goes on at once. */
  sleep: `
read -r now _ <$root/proc/uptime
printf '%s.00 0\\n' "$((\${now%%.*} + \${1%%.*}))" >$root/proc/uptime.$$ && exec mv $root/proc/uptime.$$ $root/proc/uptime
`,
  /** It has no address but the one in the inventory; what this machine has is no business of a test. */
  ip: 'exit 0\n',
  dpkg: '[ "$1" != --print-architecture ] || { echo amd64; exit; }\nexec /usr/bin/dpkg "$@"\n',
  /** Nothing here outlives a power cut but the test. */
  sync: 'exit 0\n',
  /**
   * A unit is a folder: \`start\` and \`stop\` are what its program does then, \`state\`, \`file\`, \`type\` and \`invocation\` are
   * what systemd knows of it.
   */
  systemctl: `
properties=; value=; words=
while [ "$#" -gt 0 ]; do
  case $1 in
  -p) properties=$2; shift ;;
  --value) value=1 ;;
  -q | --no-pager | --) ;;
  *) words="$words $1" ;;
  esac
  shift
done
set -- $words
verb=\${1:-}; [ "$#" = 0 ] || shift
of() { is=$3; if [ -e "$root/units/$1/$2" ]; then read -r is <"$root/units/$1/$2"; fi; }
begin() {
  of "$1" invocation 0; echo "$((is + 1))" >"$root/units/$1/invocation"
  echo active >"$root/units/$1/state"
  if [ -e "$root/units/$1/start" ]; then . "$root/units/$1/start"; fi
}
case $verb in
show)
  for unit; do
    IFS=,
    for property in $properties; do
      case $property in
      ActiveState) of "$unit" state inactive ;;
      InvocationID) of "$unit" invocation '' ;;
      SubState) is=running ;;
      LoadState) if [ -d "$root/units/$unit" ]; then is=loaded; else is=not-found; fi ;;
      UnitFileState) if [ -d "$root/units/$unit" ]; then of "$unit" file enabled; else is=; fi ;;
      Type) of "$unit" type simple ;;
      NeedDaemonReload) of "$unit" stale no ;;
      RemainAfterExit) is=no ;;
      *) is= ;;
      esac
      if [ -n "$value" ]; then echo "$is"; else echo "$property=$is"; fi
    done
    [ -n "$value" ] || echo
  done
  ;;
restart | start) for unit; do [ -d "$root/units/$unit" ] || exit 5; begin "$unit"; done ;;
stop)
  for unit; do
    echo inactive >"$root/units/$unit/state"
    if [ -e "$root/units/$unit/stop" ]; then . "$root/units/$unit/stop"; fi
  done
  ;;
is-active) for unit; do of "$unit" state inactive; [ "$is" = active ] || exit 3; done ;;
enable | disable | mask)
  for unit; do [ -d "$root/units/$unit" ] || { echo "there is no $unit" >&2; exit 1; }; done
  for unit; do echo "\${verb}d" | sed s/eed/ed/ >"$root/units/$unit/file"; done
  ;;
unmask) for unit; do echo disabled >"$root/units/$unit/file"; done ;;
daemon-reload) rm -f "$root"/units/*/stale ;;
reset-failed | status) ;;
*) echo "this host has no systemctl $verb" >&2; exit 64 ;;
esac
`,
}
