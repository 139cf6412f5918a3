import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Handler } from '../resource.ts'
import type { Release } from './model.ts'

/**
 * One GET on localhost: prints the status, or nothing. perl-base is on every Debian and Ubuntu (it is Essential), so
 * no host needs curl for this. HTTP/1.0: the server ends the connection.
 */
const GET = rawScript(
  [
    'http_status() {',
    `  timeout 5 perl -MIO::Socket::INET -e '`,
    '    my ($port, $path) = @ARGV;',
    '    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port, Timeout => 3) or exit 1;',
    '    print $s "GET $path HTTP/1.0\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n"; $s->flush;',
    '    my $line = <$s>; print $1 if defined $line && $line =~ m{^HTTP/\\S+ (\\d{3})};',
    `  ' "$1" "$2" 2>/dev/null || :`,
    '}',
  ].join('\n'),
)

/** Crashes after which a process is not waited for any longer. */
const CRASHES = 3

/**
 * Shell functions. `restart_unit`: starts $unit anew, whatever state it is in. `healthy TREE SECONDS`: succeeds once
 * the unit's process works in TREE or below it and answers 200, the same process twice a second apart; else $why tells the reason.
 */
export function healthFunctions({ name, health }: Pick<Release, 'name' | 'health'>): Script {
  return joinScripts([
    GET,
    sh`
      unit=${`${name}.service`} port=${health.port} path=${health.path}
      get() { timeout 15 systemctl show -p "$1" --value -- "$unit"; }
      explain() { journalctl --quiet --no-pager -o cat -n "\${1:-12}" -u "$unit" || :; }
      restart_unit() {
        # A crash loop has spent the start limit.
        systemctl reset-failed -- "$unit" 2>/dev/null || :
        systemctl restart -- "$unit"
      }
      healthy() {
        # The kernel tells a process's folder without links on the way to it.
        until=$(($(date +%s) + $2)) held='' why='it did not start' place=$(readlink -f -- "$1")
        while :; do
          pid=$(get MainPID) state=$(get ActiveState) now=''
          if [ "$state" = failed ]; then why='it failed'; return 1; fi
          if [ "$(get NRestarts)" -ge ${CRASHES} ]; then why='it keeps crashing'; return 1; fi
          if [ "$state" = active ] && [ "$pid" != 0 ]; then
            cwd=$(readlink -- "/proc/$pid/cwd" || :)
            status=$(http_status "$port" "$path")
            # A program may go on into a folder of its release.
            case $cwd/ in "$place"/*) within=yes ;; *) within='' ;; esac
            if [ -z "$within" ]; then why="its process works in $cwd, not in $place or below: start it there"
            elif [ "$status" = 200 ]; then now=$pid
            else why="$path on port $port answers \${status:-nothing}"; fi
          fi
          if [ -n "$now" ] && [ "$now" = "$held" ]; then return 0; fi
          held=$now
          if [ "$(date +%s)" -ge "$until" ]; then why="$why after $2 s"; return 1; fi
          if [ -n "$held" ]; then sleep 1; else sleep 0.3; fi
        done
      }`,
  ])
}

/** A restart that counts only when the service answers again: for what a release reads when it starts. */
export function restartHealthy(release: Pick<Release, 'name' | 'health' | 'dir'>): Handler {
  return {
    id: `restart ${release.name}`,
    unit: `${release.name}.service`,
    script: joinScripts([
      healthFunctions(release),
      sh`
        case $(get ActiveState) in
        inactive | deactivating) echo "$unit does not run: nothing to restart" ;;
        *)
          restart_unit || { explain; exit 1; }
          if ! healthy "$(readlink -f -- ${`${release.dir}/current`})" ${release.health.timeout}; then
            explain
            echo "provision: $unit is not healthy after its restart: $why"
            exit 1
          fi
        ;;
        esac`,
    ]),
  }
}
