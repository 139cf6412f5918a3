import { rawScript, type Script, sh } from '../../shell/script.ts'

/** Where sshd looks for keys unless it is told otherwise. */
export const DEFAULT_PATTERNS = '.ssh/authorized_keys .ssh/authorized_keys2'

/**
 * Shell functions. `key_config` finds out whether sshd is told anything about keys, with one grep; only then it is asked.
 * `key_says` puts into $patterns what sshd says of $name (`?`: it gives no answer), and into $program its
 * AuthorizedKeysCommand. `key_places` makes $places of $patterns: absolute paths, each on a line; `none` and `?` stay.
 */
export const PLACES_LIBRARY = rawScript(
  [
    `nl='`,
    `'`,
    'ifs=$IFS; key_config=sshd; program=none',
    'key_config() {',
    `  case $(grep -hsiE '^[[:space:]"]*(AuthorizedKeys(File|Command)|Include)[[:space:]="]' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf) in`,
    `    '' | 'Include /etc/ssh/sshd_config.d/*.conf') key_config=default ;;`,
    '  esac',
    '}',
    'key_says() {',
    `  patterns='${DEFAULT_PATTERNS}'; program=none`,
    '  [ "$key_config" = sshd ] || return 0',
    '  said=$(sshd -T -C "user=$name,host=localhost,addr=127.0.0.1" 2>/dev/null) || said=',
    `  said=$(printf '%s\\n' "$said" | sed -n 's/^authorizedkeysfile /file /Ip; s/^authorizedkeyscommand /program /Ip')`,
    `  patterns='?'`,
    '  while read -r word rest; do',
    '    case $word in file) patterns=$rest ;; program) program=$rest ;; esac',
    '  done <<PROVISION_SAID',
    '$said',
    'PROVISION_SAID',
    '}',
    'key_places() {',
    '  places=; set -f',
    '  for rest in $patterns; do',
    '    place=',
    '    while :; do',
    '      case $rest in',
    '        *%*)',
    `          place=$place\${rest%%"%"*}; rest=\${rest#*"%"}`,
    '          case $rest in',
    '            u*) place=$place$name ;;',
    `            h*) place=$place\${home%/} ;;`,
    '            U*) place=$place$uid ;;',
    '            %*) place=$place% ;;',
    `            *) place='?'; break ;;`,
    '          esac',
    `          rest=\${rest#?} ;;`,
    '        *) place=$place$rest; break ;;',
    '      esac',
    '    done',
    `    case $place in none | '?' | /*) ;; *) place=\${home%/}/$place ;; esac`,
    '    places=$places$place$nl',
    '  done',
    '  set +f',
    '}',
  ].join('\n'),
)

/** Sets $patterns: what is declared, or what sshd says of $name. */
export function askPatterns(file: string | undefined): Script {
  return file === undefined ? sh`key_says` : sh`patterns=${file}`
}
