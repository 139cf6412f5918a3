import { file, type Resource, sh, type Text } from 'provision'

const PATH = '/etc/mysql/mysql.conf.d/zz-provision.cnf'

/**
 * The staged file together with all others that the server reads, by the server itself. What its own check lets pass
 * and a start would not (seen on 9.7): a plugin that is not there, an address that the host does not have, a time zone
 * by a name that the server has no table of, no data directory. The stage's name does not end in .cnf, so that nothing includes it; it is in /etc/mysql, for AppArmor.
 */
const VALIDATE = sh`
  check=$(mktemp /etc/mysql/.provision.XXXXXX)
  trap 'rm -f -- "$check"' EXIT
  {
    grep -v '^[[:space:]]*!include' /etc/mysql/my.cnf || :
    echo
    for one in /etc/mysql/conf.d/*.cnf /etc/mysql/mysql.conf.d/*.cnf; do
      if [ -f "$one" ] && [ "$one" != ${PATH} ]; then printf '!include %s\n' "$one"; fi
    done
    printf '!include %s\n' "$file"
  } >"$check"
  chmod 0644 -- "$check" "$file"
  mysqld --defaults-file="$check" --validate-config --user=mysql || { echo "mysqld refuses this option file"; exit 1; }
  value() { sed -n "s/^$1 = //p" "$file"; }
  plugins=$(mysqld --defaults-file="$check" --no-dd-upgrade --verbose --help 2>/dev/null | sed -n "s/^plugin-dir  *//p")
  for plugin in $(value plugin-load-add | tr ";" " "); do
    plugin=\${plugin#*=}
    [ -z "$plugins" ] || [ -f "$plugins/$plugin" ] || { echo "there is no plugin $plugin in $plugins"; exit 1; }
  done
  for address in $(value bind_address | tr , " "); do
    case $address in "*" | ::* | 127.* | 0.0.0.0 | *[g-z]*) continue ;; esac
    ip -o addr show | grep -qF " $address/" || { echo "this host does not have the address $address"; exit 1; }
  done
  zone=$(value default_time_zone)
  case $zone in
  "" | SYSTEM | [+-]*) ;;
  *)
    known=$(mysql --no-defaults -NBr -u root --protocol=socket -e "SELECT Name FROM mysql.time_zone_name WHERE Name = '$zone'" 2>/dev/null) || :
    [ -n "$known" ] || {
      echo "this server does not know the time zone $zone, and would not start with it: give an offset (+01:00), or load the names first (mysql_tzinfo_to_sql)"
      exit 1
    }
    ;;
  esac
  [ -d /var/lib/mysql/mysql ] || { echo "there is no data directory: did the package fail to make it?"; exit 1; }
`

/** No handler: what differs from it in the running server, the variables tell themselves. */
export const optionFile = (content: Text): Resource =>
  file({ path: PATH, content, mode: '0644', owner: 'root', group: 'root', validate: VALIDATE })

/**
 * A server that a maintainer script starts, and not systemd, reads [mysqld_packaging] of the option file too: what it changes is
 * no transaction of this server.
 */
export const packaging = (): Resource =>
  file({
    path: '/etc/apt/provision-mysql.env',
    content: 'MYSQL_GROUP_SUFFIX=_packaging\n',
    mode: '0644',
    owner: 'root',
    group: 'root',
  })
