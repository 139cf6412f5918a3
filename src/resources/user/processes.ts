import { EMPTY, joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { records } from '../account.ts'
import type { Obstacle } from '../resource.ts'
import type { User, UserProcess, UserState } from './model.ts'

/** Processes that are told of, of all users together: enough to see what it is about. */
const LIMIT = 50

/**
 * Asks for the processes of users that are to go, or to get what usermod gives nobody who has any: a number, a home.
 * On a host that is as declared nothing is started for it.
 * @param entries a variable with the lines of passwd
 */
export function probeProcesses(all: readonly User[], entries: Script): Script {
  const cases = all.flatMap(caseOf)
  if (cases.length === 0) return EMPTY
  return sh`
    watched=
    while IFS=: read -r name _ uid _ _ home _; do
      case $name in
        ${joinScripts(cases)}
      esac
    done <<PROVISION_PASSWD
    ${entries}
    PROVISION_PASSWD
    if [ -n "$watched" ]; then
      grep -HE "^Uid:(.*[[:space:]])?(\${watched#|})[[:space:]]" /proc/[0-9]*/status 2>/dev/null | head -n ${LIMIT} | ${TELL}
    fi`
}

const caseOf = ({ name, state, uid, home, moveHome, createOnly }: User): Script[] => {
  const watch = rawScript('watched="$watched|$uid" ;;')
  if (state === 'absent') return [sh`${name}) ${watch}`]
  const tests = [
    ...(uid === undefined ? [] : [sh`[ "$uid" = ${String(uid)} ]`]),
    ...(home === undefined || !moveHome ? [] : [sh`[ "$home" = ${home} ]`]),
  ]
  if (tests.length === 0 || createOnly) return []
  return [sh`${name}) { ${joinScripts(tests, ' && ')}; } || ${watch}`]
}

/** By number, what it is called, and where in the tree of control groups it is: the unit that it belongs to. */
const TELL = rawScript(
  [
    'while IFS= read -r line; do',
    '  dir=${line%%/status:*}; name=; group=',
    '  set -- ${line#*Uid:}',
    '  { IFS= read -r name <"$dir/comm"; } 2>/dev/null || continue',
    '  { while IFS= read -r line; do',
    '    case $line in 0::/* | *:name=systemd:/*) group=${line#*:*:} ;; esac',
    '  done <"$dir/cgroup"; } 2>/dev/null',
    `  printf 'process %s:%s,%s,%s:%s\\n' "\${dir#/proc/}" "$1" "$2" "$3" "$(printf '%s %s' "$group" "$name" | base64 -w0)"`,
    'done',
  ].join('\n'),
)

/** The processes in an answer, by the number of any user that they run as. */
export function parseProcesses(answer: string): (uid: number) => UserProcess[] {
  const all = records(answer, 'process').map(([pid, uids = '', text = '']) => {
    const [group = '', ...name] = Buffer.from(text, 'base64').toString().split(' ')
    const unit = group.startsWith('/user.slice/') ? undefined : /[^/]+\.service(?=\/|$)/.exec(group)?.[0]
    return { uids: uids.split(',').map(Number), process: { pid: Number(pid), name: name.join(' '), unit } }
  })
  return (uid) => all.flatMap((one) => (one.uids.includes(uid) ? [one.process] : []))
}

/** `bash (1234), node (1250) of shop.service`; some of them where there are many. */
export function named(processes: readonly UserProcess[]): string {
  const shown = processes.slice(0, 5).map(({ pid, name, unit }) => `${name} (${pid})${unit ? ` of ${unit}` : ''}`)
  return [...shown, ...(processes.length > 5 ? [`${processes.length - 5} more`] : [])].join(', ')
}

/**
 * Why an account can't be changed while it is at work; undefined: it can. Who goes has what runs in a login ended; a unit
 * of the system would start it again.
 */
export function busy(desired: User, actual: UserState | 'absent'): Obstacle | undefined {
  if (actual === 'absent') return undefined
  const { processes = [] } = actual
  const inUnits = processes.filter(({ unit }) => unit !== undefined)
  const inTheWay = desired.state === 'absent' ? inUnits : processes
  const [first] = inTheWay
  if (first === undefined) return undefined
  const units = [...new Set(inUnits.flatMap(({ unit }) => unit ?? []))]
  const stop = units.map((unit) => `service({ name: '${unit}', state: 'stopped' })`).join(', ')
  const verb = desired.state === 'absent' ? 'removed' : 'given another number or home'
  return {
    message: `${desired.name} can't be ${verb} while it runs ${named(inTheWay)}`,
    hint: stop === '' ? 'end them first, or wait until they are over' : `declare before it: ${stop}`,
  }
}
