import { partMark } from '../../shell/part-marks.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import type { Change } from '../resource.ts'
import { ENDS, type Service, type ServiceState, unitName } from './model.ts'

/**
 * What is declared, whatever the plan saw: a unit may have come, or changed, since. Each part is a no-op when done.
 *
 * Neighbours are one transaction: systemd reads its units anew once for all that are enabled, they are started and stopped in
 * the order in which they are declared, waited for once, and looked at then. A `systemctl` costs as much as writing three
 * files, so all are asked by one.
 */
export function applyServices(changes: readonly Change<Service, ServiceState>[]): Script {
  const all = changes.map(({ desired }) => ({ ...desired, unit: unitName(desired.name) }))
  const where = (is: (one: Service) => boolean): string => all.flatMap((one) => (is(one) ? [one.unit] : [])).join(' ')
  const unmasked = where(({ masked }) => masked === false)
  const disabled = where(({ enabled }) => enabled === false)
  const enabled = where(({ enabled }) => enabled === true)
  const started = where(({ state }) => state === 'started')
  const stopped = where(({ state }) => state === 'stopped')
  const masked = where((one) => one.masked === true)
  return joinScripts([
    // Names of units hold no blanks.
    sh`units=${all.map(({ unit }) => unit).join(' ')}; starts=${started}; stops=${stopped}; enables=${enabled}; masks=${masked}`,
    TOOLS,
    all.length > 1 ? MARK : rawScript('mark() { :; }'),
    BEGIN,
    // Unmasked before it can be enabled; disabled before another takes its name; stopped before it is masked.
    ...(unmasked ? [sh`systemctl unmask -- ${unmasked.split(' ')}`, rawScript('ask')] : []),
    ...(started ? [rawScript('each refuse_oneshot')] : []),
    ...(disabled ? [sh`systemctl disable -- ${disabled.split(' ')}`] : []),
    ...(enabled ? [ENABLE] : []),
    ...all.flatMap(({ unit, state }, i) =>
      state === undefined ? [] : [sh`at=${i + 1}; unit=${unit}; ${rawScript(state === 'started' ? 'start' : 'stop')}`],
    ),
    ...(masked ? [sh`systemctl mask -- ${masked.split(' ')}`] : []),
    ...(started || stopped ? [LOOK] : []),
  ])
}

const MARK = rawScript(
  [
    'mark() {',
    '  case $1 in',
    `    done) printf "${partMark({ outcome: 'done', key: 'service:%s' })}\\n" "$unit" ;;`,
    `    *) printf "${partMark({ outcome: 'failed', key: 'service:%s' })}\\n" "$unit" ;;`,
    '  esac',
    '}',
  ].join('\n'),
)

const PROPERTIES = 'LoadState,ActiveState,UnitFileState,NeedDaemonReload,InvocationID,Type,RemainAfterExit,NRestarts'

/**
 * `systemctl start` reports success for a simple service as soon as it has forked. Started means: still active a
 * second later in the same invocation (one that crashed and was started anew has another InvocationID). A unit that
 * tells itself when it is ready (notify, dbus), or that is no service, needs no such proof.
 */
const TOOLS = rawScript(
  [
    // systemd answers in the order of the names, a block for each.
    `ask() { said=$(systemctl show --no-pager -p ${PROPERTIES} -- $units); }`,
    'of() {',
    '  value=; n=1',
    '  while IFS= read -r line; do',
    '    case $line in',
    '      "") n=$((n + 1)) ;;',
    '      "$1="*) if [ "$n" = "$at" ]; then value=${line#*=}; fi ;;',
    '    esac',
    '  done <<SAID',
    '$said',
    'SAID',
    '}',
    'until=; first=; bad=; why=',
    'each() { at=0; for unit in $units; do at=$((at + 1)); if [ "$unit" = "$until" ]; then break; fi; "$@"; done; }',
    'is_in() { case " $1 " in *" $unit "*) ;; *) return 1 ;; esac; }',
    'explain() {',
    '  printf "provision: %s %s\\n" "$unit" "$1"; mark failed',
    '  systemctl status --no-pager --full --lines=0 -- "$unit" || true',
    '  journalctl --no-pager --quiet --lines=10 -u "$unit" || true',
    '  exit 1',
    '}',
    // What was done before it counts.
    'fall() { until=$unit; ask; each look; unit=$until; explain "$1"; }',
    'note_reload() { of NeedDaemonReload; if [ "$value" = yes ]; then reload=1; fi; }',
    'refuse_oneshot() {',
    '  is_in "$starts" || return 0',
    '  of Type; type=$value; of RemainAfterExit',
    `  if [ "$type,$value" = oneshot,no ]; then echo "provision: $unit ${ENDS}"; mark failed; exit 1; fi`,
    '}',
    // A package enables its unit itself, mostly; to say so again has systemd read all of its units anew.
    'note_off() { if is_in "$enables"; then of UnitFileState; [ "$value" = enabled ] || off="$off $unit"; fi; }',
    'note_missing() { if is_in "$off"; then of LoadState; [ "$value" != not-found ] || mark failed; fi; }',
    'start() {',
    // A unit that failed too often refuses until it is forgiven.
    '  of ActiveState; if [ "$value" = failed ]; then systemctl reset-failed -- "$unit"; fi',
    '  systemctl start -- "$unit" || fall "did not start"',
    '}',
    'stop() {',
    '  of LoadState; if [ "$value" = not-found ]; then return; fi',
    '  systemctl stop -- "$unit" || fall "did not stop"',
    '}',
    'note_start() {',
    '  is_in "$starts" || return 0',
    '  of InvocationID; id=$value; of NRestarts; first="$first $unit=$id/$value"',
    '  case $unit in *.service) of Type; case $value in notify | notify-reload | dbus | oneshot) ;; *) proof=1 ;; esac ;; esac',
    '}',
    'look() {',
    '  if [ -n "$until" ] && is_in "$masks"; then return 0; fi',
    '  of ActiveState; wrong=',
    '  if is_in "$starts"; then',
    '    case $value in active | reloading | refreshing) ;; *) wrong="did not stay up" ;; esac',
    '    of InvocationID; id=$value; of NRestarts',
    '    case "${first:- $unit=$id/$value} " in *" $unit=$id/$value "*) ;; *) wrong=${wrong:-crashed right after its start} ;; esac',
    '  elif is_in "$stops"; then',
    '    case $value in inactive | failed) ;; *) wrong="did not stay stopped" ;; esac',
    '  fi',
    '  if [ -z "$wrong" ]; then mark done; elif [ -z "$bad" ]; then bad=$unit; why=$wrong; fi',
    '}',
  ].join('\n'),
)

const BEGIN = rawScript(
  ['ask', 'reload=; each note_reload', 'if [ -n "$reload" ]; then systemctl daemon-reload; ask; fi'].join('\n'),
)

const ENABLE = rawScript(
  ['off=; each note_off', 'if [ -n "$off" ]; then systemctl enable -- $off || { each note_missing; exit 1; }; fi'].join(
    '\n',
  ),
)

const LOOK = rawScript(
  [
    'ask',
    'proof=; each note_start',
    'if [ -n "$proof" ]; then sleep 1; ask; fi',
    'each look',
    'if [ -n "$bad" ]; then unit=$bad; explain "$why"; fi',
  ].join('\n'),
)
