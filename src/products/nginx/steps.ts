import type { RolloutStep } from '../../rollout/step.ts'
import type { FieldSchema } from '../../schemas/fields.ts'
import { givenTo } from '../../schemas/given.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'

/** A server of nginx upstreams, as the web servers in front of it know it. */
export interface NginxUpstreamServer {
  /** The web servers; each of them must let it go. */
  readonly on: readonly string[]
  /** `address:port` as in the configuration. */
  readonly server: string
  /** How many others of each upstream must accept connections before it is taken out. Default 1. */
  readonly others?: number | undefined
  /** File with the upstreams. Default /etc/nginx/provision/upstreams.conf. */
  readonly file?: string | undefined
}

export const NGINX_UPSTREAM_SERVER = {
  on: { description: 'The web servers; each of them must let it go.', type: 'array', items: { type: 'string' } },
  server: { description: '`address:port` as in the configuration.', type: 'string' },
  others: {
    description: 'How many others of each upstream must accept connections before it is taken out.',
    type: 'number',
    default: 1,
  },
  file: { description: 'File with the upstreams.', type: 'string', default: '/etc/nginx/provision/upstreams.conf' },
} as const satisfies Record<keyof NginxUpstreamServer, FieldSchema>

const checkServer = givenTo('nginxUpstreamServer', NGINX_UPSTREAM_SERVER)

export interface NginxUpstreamSteps {
  readonly drain: RolloutStep
  readonly undrain: RolloutStep
}

/**
 * Marks a server as down in the upstreams of every web server, and takes the mark away. nginx has no runtime API for
 * it: the line of the server is changed and nginx reloaded, whose old workers finish what they began. A web server
 * that does not run, or does not know the server, sends it nothing.
 */
export function nginxUpstreamServer(input: NginxUpstreamServer): NginxUpstreamSteps {
  checkServer(input)
  const { on, server, others = 1, file = '/etc/nginx/provision/upstreams.conf' } = input
  const script = (body: Script): Script =>
    joinScripts([sh`file=${file} server=${server} others=${others}`, TOOLS, body])
  return {
    drain: {
      name: 'out of the upstreams',
      on,
      underLock: true,
      run: script(DOWN),
      until: script(IS_DOWN),
      timeout: 30,
    },
    undrain: {
      name: 'back in the upstreams',
      on,
      underLock: true,
      run: script(BACK),
      until: script(IS_BACK),
      timeout: 30,
    },
  }
}

const MARK = 'down; # drained by provision'

/**
 * For the file set that declares the upstreams: a server that some run has drained stays so, whoever changes the file
 * meanwhile; only who drained it takes the mark away.
 * @param wanted the declared text of the file
 * @param present what the host has
 */
export function keepDrainedServers(wanted: string, present: string): string {
  const drained = new Set(
    present.split('\n').flatMap((line) => (line.includes(` ${MARK}`) ? (serverIn(line) ?? []) : [])),
  )
  if (drained.size === 0) return wanted
  const kept = (line: string): string =>
    drained.has(serverIn(line) ?? '') && !line.includes(' down;') ? line.replace(';', ` ${MARK}`) : line
  return wanted.split('\n').map(kept).join('\n')
}

const serverIn = (line: string): string | undefined => /^\s*server\s+([^\s;]+)/.exec(line)?.[1]

/** Workers that take requests; those of an earlier reload that finish theirs don't. */
const TOOLS = rawScript(
  [
    'systemctl is-active -q nginx || exit 0',
    '[ -r "$file" ] || exit 0',
    `mark="${MARK}"`,
    'state() { awk -v server="$server" -v mark="$mark" \'',
    '  $1 == "server" { name = $2; sub(/;$/, "", name) }',
    '  $1 == "server" && name == server { print index($0, mark) ? "drained" : "ready" }\' "$file"; }',
    'now=$(state | sort -u)',
    '[ -n "$now" ] || exit 0',
    'workers() {',
    '  for pid in $(cat /proc/"$(cat /run/nginx.pid)"/task/*/children); do',
    '    grep -qs "worker process is shutting down" "/proc/$pid/cmdline" || echo "$pid"',
    '  done',
    '}',
    // Written whole and validated in its place: the old file comes back when nginx refuses it.
    'replace() {',
    '  cp -a -- "$file" "$file.before~"',
    // On disk before it counts: a web server that comes back from a power cut sends nothing to who is out.
    '  cp -a -- "$file" "$file.new~"; cat >"$file.new~"; sync -- "$file.new~"; mv -f -- "$file.new~" "$file"',
    '  if ! said=$(nginx -t -q 2>&1); then mv -f -- "$file.before~" "$file"; printf "%s\\n" "$said"; exit 1; fi',
    '  rm -f -- "$file.before~"; sync -- "${file%/*}"',
    '  before=$(workers) tries=0; systemctl reload nginx',
    '  until after=$(workers 2>/dev/null) && [ -n "$after" ] && [ "$after" != "$before" ]; do',
    '    tries=$((tries + 1)); [ "$tries" -le 50 ] || { echo "nginx has no new workers after its reload"; exit 1; }',
    '    sleep 0.2',
    '  done',
    '}',
  ].join('\n'),
)

const DOWN = rawScript(
  [
    'if [ "$now" = drained ]; then exit 0; fi',
    // For each upstream that has it, how many of the others accept connections.
    'upstreams=$(awk -v server="$server" \'',
    '  $1 == "upstream" { up = $2; line = ""; has = 0 }',
    '  $1 == "server" { name = $2; sub(/;$/, "", name); if (name == server) has = 1; else if ($0 !~ / down;/) line = line " " name }',
    '  $1 == "}" { if (has) print up line; has = 0 }\' "$file")',
    'printf "%s\\n" "$upstreams" | while read -r up rest; do',
    '  n=0; for one in $rest; do',
    '    host=${one%:*}; host=${host#"["}; host=${host%"]"}',
    '    if timeout 3 bash -c \'exec 3<>"/dev/tcp/$1/$2"\' - "$host" "${one##*:}" 2>/dev/null; then n=$((n + 1)); fi',
    '  done',
    '  if [ "$n" -lt "$others" ]; then echo "$n other servers of upstream $up accept connections, $others must"; exit 1; fi',
    'done || { echo "upstream without enough other servers: $upstreams"; exit 1; }',
    'text=$(awk -v server="$server" -v mark="$mark" \'',
    '  $1 == "server" { name = $2; sub(/;$/, "", name); if (name == server && $0 !~ / down;/) sub(/;/, " " mark) }',
    '  { print }\' "$file")',
    'printf "%s\\n" "$text" | replace',
  ].join('\n'),
)

const IS_DOWN = rawScript('if [ "$now" != drained ]; then echo "it is not down"; exit 1; fi')

const BACK = rawScript(
  [
    'if [ "$now" = ready ]; then exit 0; fi',
    'text=$(awk -v server="$server" -v mark=" $mark" \'',
    '  $1 == "server" { name = $2; sub(/;$/, "", name); at = index($0, mark); if (name == server && at) $0 = substr($0, 1, at - 1) ";" }',
    '  { print }\' "$file")',
    'printf "%s\\n" "$text" | replace',
  ].join('\n'),
)

const IS_BACK = rawScript('if [ "$now" != ready ]; then echo "it is still down"; exit 1; fi')
