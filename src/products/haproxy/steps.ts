import type { RolloutStep } from '../../rollout/step.ts'
import type { FieldSchema } from '../../schemas/fields.ts'
import { givenTo } from '../../schemas/given.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'

/** A server of a backend as load balancers know it. */
export interface HaproxyServer {
  /** The load balancers; each of them must let it go. */
  readonly on: readonly string[]
  readonly backend: string
  readonly server: string
  /** How many other servers of the backend must be up on each of them before it is drained. Default 1. */
  readonly others?: number | undefined
  /** Seconds that its sessions get to end. Default 60. */
  readonly timeout?: number | undefined
  /** Seconds until it must be up again. Default 60. */
  readonly upTimeout?: number | undefined
  /** Admin socket. Default /run/haproxy/admin.sock. */
  readonly socket?: string | undefined
}

export const HAPROXY_SERVER = {
  on: { description: 'The load balancers; each of them must let it go.', type: 'array', items: { type: 'string' } },
  backend: { description: 'Name of the backend.', type: 'string' },
  server: { description: 'Name of the server in it.', type: 'string' },
  others: {
    description: 'How many other servers of the backend must be up on each of them before it is drained.',
    type: 'number',
    default: 1,
  },
  timeout: { description: 'Seconds that its sessions get to end.', type: 'number', default: 60 },
  upTimeout: { description: 'Seconds until it must be up again.', type: 'number', default: 60 },
  socket: { description: 'Admin socket.', type: 'string', default: '/run/haproxy/admin.sock' },
} as const satisfies Record<keyof HaproxyServer, FieldSchema>

const checkServer = givenTo('haproxyServer', HAPROXY_SERVER)

export interface HaproxySteps {
  readonly preflight: RolloutStep
  readonly drain: RolloutStep
  readonly undrain: RolloutStep
}

/**
 * Takes a server out of a backend and puts it back, by HAProxy's runtime API on every load balancer. Each answer is
 * read anew, for the socket reports its errors as text (management.txt, "set server", "show stat"). A load balancer on
 * which haproxy does not run, or that does not know the server yet, sends it nothing: there is nothing to do. A server
 * that somebody put into maintenance, or drained, stays so: a drain of ours leaves a mark on the load balancer, under
 * /run as what haproxy itself knows of it is gone after a boot.
 */
export function haproxyServer(server: HaproxyServer): HaproxySteps {
  checkServer(server)
  const { on, backend, timeout = 60, upTimeout = 60 } = server
  const tools = toolsFor(server)
  const step = (name: string, more: Partial<RolloutStep>): RolloutStep => ({ name, on, ...more })
  const script = (body: string): Script => joinScripts([tools, rawScript(body)])
  return {
    preflight: step(`backend ${backend} can do without it`, { until: script(ENOUGH), timeout: 20 }),
    drain: step(`out of backend ${backend}`, { run: script(DRAIN), until: script(IDLE), timeout }),
    undrain: step(`back in backend ${backend}`, { run: script(READY), until: script(UP), timeout: upTimeout }),
  }
}

const toolsFor = ({ backend, server, others = 1, socket = '/run/haproxy/admin.sock' }: HaproxyServer): Script =>
  joinScripts([sh`backend=${backend} server=${server} others=${others} socket=${socket} marks=${MARKS}`, TOOLS])

/** A file for each server that a run has drained here. */
const MARKS = '/run/provision/haproxy-drained'

/**
 * Columns are found by their names, which stay; their places differ by version. Bits of srv_admin_state: 0x01 put into
 * maintenance, 0x08 drained (management.txt, "show servers state").
 */
const TOOLS = rawScript(
  [
    'if ! systemctl is-active -q haproxy; then exit 0; fi',
    'ask() { printf "%s\\n" "$1" | timeout 10 socat -t 10 - "UNIX-CONNECT:$socket"; }',
    'states=$(ask "show servers state $backend"); stats=$(ask "show stat $backend 4 -1")',
    'admin=$(printf "%s\\n" "$states" | awk -v name="$server" \'',
    '  /^#/ { for (i = 2; i <= NF; i++) at[$i] = i - 1; next }',
    '  at["srv_name"] && $at["srv_name"] == name { print $at["srv_admin_state"] }\')',
    'if [ -z "$admin" ]; then',
    '  case $states in *srv_name* | "Can\'t find backend."*) exit 0 ;; esac',
    '  printf "haproxy does not tell the state of backend %s: %s\\n" "$backend" "$states"; exit 1',
    'fi',
    'column() { printf "%s\\n" "$stats" | awk -F, -v name="$server" -v want="$1" \'',
    '  /^#/ { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }',
    '  $at["svname"] == name { print $at[want] }\'; }',
    'up() { printf "%s\\n" "$stats" | awk -F, -v name="$server" \'',
    '  /^#/ { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }',
    '  NF > 1 && $at["svname"] != name && $at["status"] ~ /^(UP|no check)/ { n++ } END { print n + 0 }\'; }',
    'mark="$marks/$backend,$server"',
    'by_hand() { [ $((admin & 1)) != 0 ] || { [ $((admin & 8)) != 0 ] && [ ! -e "$mark" ]; }; }',
    'leave() {',
    '  case $((admin & 1)) in 1) put="in MAINT" ;; *) put=drained ;; esac',
    '  echo "$server is manually $put: left as is"; exit 0',
    '}',
    'set_state() {',
    '  said=$(ask "set server $backend/$server state $1")',
    '  case $said in *[!\\ ]*) printf "%s\\n" "$said"; exit 1 ;; esac',
    '}',
  ].join('\n'),
)

const ENOUGH = [
  'if by_hand || [ $((admin & 8)) != 0 ]; then exit 0; fi',
  'n=$(up)',
  'if [ "$n" -lt "$others" ]; then',
  '  echo "$n other servers of backend $backend are up, $others must be"; exit 1',
  'fi',
].join('\n')

const DRAIN = [
  'if by_hand; then leave; fi',
  'if [ $((admin & 8)) = 0 ]; then',
  ENOUGH,
  // Before the drain: one that dies in between leaves a server that is ready and a mark that does no harm.
  'mkdir -p -- "$marks"; : >"$mark"',
  'set_state drain',
  'fi',
].join('\n')

const IDLE = [
  'if [ $((admin & 9)) = 0 ]; then echo "$server is not drained any more"; exit 3; fi',
  'sessions=$(column scur) queued=$(column qcur)',
  'if [ "$sessions" != 0 ] || [ "$queued" != 0 ]; then echo "$sessions sessions, $queued in the queue"; exit 1; fi',
].join('\n')

const READY = ['if by_hand; then leave; fi', 'set_state ready', 'rm -f -- "$mark"'].join('\n')

const UP = [
  'if by_hand; then exit 0; fi',
  'status=$(column status)',
  'case $status in UP | "no check") ;; *) echo "$server is $status: $(column last_chk)"; exit 1 ;; esac',
  'if [ $((admin & 8)) != 0 ]; then echo "$server is drained still"; exit 1; fi',
].join('\n')
