import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { givenTo } from '../schemas/given.ts'
import { joinScripts, rawScript, type Script, sh } from '../shell/script.ts'
import type { Handler } from './resource.ts'

/** What {@link reload} may be told. */
export const RELOAD_OPTIONS = {
  changes: {
    is: 'script',
    optional: true,
    description:
      "sh`…` that prints what a reload that took effect must change, e.g. the PIDs of a server's workers; when it fails it proves nothing. Without it, a unit that is still active afterwards is all the proof there is.",
  },
  timeout: { type: 'number', exclusiveMinimum: 0, default: 10, description: 'Seconds to wait for the change.' },
} as const satisfies FieldSchemas

export type ReloadOptions = FieldsOf<typeof RELOAD_OPTIONS>

const checkReload = givenTo('reload', RELOAD_OPTIONS)

/**
 * Reloads a systemd unit. A unit that does not run has nothing pending: it reads its configuration when it starts.
 * @example reload('nginx', { changes: sh`pgrep -P "$(cat /run/nginx.pid)" | sort` })
 * @throws ProvisionError (input) for an option that there is not, and for text in place of a script
 */
export function reload(unit: string, options: ReloadOptions = {}): Handler {
  checkReload(options)
  const { changes, timeout = 10 } = options
  return {
    id: `reload ${shortName(unit)}`,
    unit: fullName(unit),
    script: joinScripts([
      sh`unit=${fullName(unit)}`,
      WHY,
      STATE,
      ...(changes === undefined ? [] : [rawScript(['observe() (', 'set +e', changes.sh, ')'].join('\n'))]),
      rawScript('case $state in'),
      rawScript('inactive | failed | deactivating) echo "$unit is $state: nothing to reload" ;;'),
      rawScript('*)'),
      ...(changes === undefined ? [] : [rawScript('before=$(observe) || :')]),
      rawScript('systemctl reload -- "$unit" || why "could not be reloaded"'),
      ...(changes === undefined ? [] : [awaitChange(timeout)]),
      rawScript('systemctl is-active -q -- "$unit" || why "is not active after the reload"'),
      rawScript(';;\nesac'),
    ]),
  }
}

/**
 * Restarts a systemd unit, which pays its reload too. A unit that was stopped stays so. systemd says active as soon as
 * a simple service is forked, so the unit must hold for a moment.
 */
export function restart(unit: string): Handler {
  return {
    id: `restart ${shortName(unit)}`,
    unit: fullName(unit),
    supersedes: [`reload ${shortName(unit)}`],
    script: joinScripts([sh`unit=${fullName(unit)}`, WHY, STATE, RESTART]),
  }
}

/** Makes systemd read its unit files anew. */
export function daemonReload(): Handler {
  return { id: 'daemon-reload', script: rawScript('systemctl daemon-reload') }
}

/** What {@link handler} takes. */
export const HANDLER_INPUT = {
  id: { type: 'string', minLength: 1, description: 'Unique on a host, as people read it.' },
  run: { is: 'script', description: 'sh`…` that proves its effect; safe to run twice.' },
  unit: { type: 'string', optional: true, description: 'A unit that pays this by being started anew.' },
  supersedes: {
    type: 'array',
    items: { type: 'string' },
    optional: true,
    description: 'Ids of handlers that are run with this one.',
  },
} as const satisfies FieldSchemas

export type HandlerInput = FieldsOf<typeof HANDLER_INPUT>

const checkHandler = givenTo('handler', HANDLER_INPUT)

/** A handler of one's own. @throws ProvisionError (input) for a field that there is not, and for text in place of a script */
export function handler(input: HandlerInput): Handler {
  checkHandler(input)
  const { id, run, unit, supersedes } = input
  return {
    id,
    // A subshell: an `exit` in it must not skip what the executor does after it.
    script: rawScript(['(', run.sh, ')'].join('\n')),
    ...(unit !== undefined && { unit: fullName(unit) }),
    ...(supersedes && { supersedes }),
  }
}

const TYPED = /\.(service|socket|timer|path|mount|automount|target|swap|slice|scope|device)$/

const fullName = (unit: string): string => (TYPED.test(unit) ? unit : `${unit}.service`)
const shortName = (unit: string): string => unit.replace(/\.service$/, '')

/** Ends the handler with the reason and what the unit said last. */
const WHY = rawScript(
  [
    'why() {',
    '  echo "$unit $1" >&2',
    '  journalctl -u "$unit" -n 15 --no-pager -o cat >&2 || :',
    '  exit 1',
    '}',
  ].join('\n'),
)

// `show` exits 0 for a unit that does not exist too, and calls it inactive.
const STATE = rawScript('state=$(systemctl show -p ActiveState --value -- "$unit")')

const awaitChange = (timeout: number): Script =>
  rawScript(
    [
      'tries=0',
      'until after=$(observe) && [ "$after" != "$before" ]; do',
      '  tries=$((tries + 1))',
      `  [ "$tries" -le ${Math.ceil(timeout * 5)} ] || why "was reloaded but shows no effect after ${timeout} s"`,
      '  sleep 0.2',
      'done',
    ].join('\n'),
  )

const RESTART = rawScript(
  [
    'case $state in',
    'inactive | deactivating) echo "$unit is $state: nothing to restart" ;;',
    '*)',
    // Lifts the start limit that a crash loop has run into.
    'systemctl reset-failed -- "$unit" 2>/dev/null || :',
    'systemctl restart -- "$unit" || why "could not be restarted"',
    'show() { systemctl show -p Type,ActiveState,SubState,MainPID,NRestarts,Result -- "$unit"; }',
    'first=$(show); sleep 1; second=$(show)',
    'case $second in',
    '*ActiveState=failed* | *ActiveState=activating*) why "did not stay up after the restart" ;;',
    // A oneshot has done its work and is gone; systemctl waited for it and told how it ended.
    '*ActiveState=inactive*) case $second in *Type=oneshot*) ;; *) why "did not stay up after the restart" ;; esac ;;',
    '*) [ "$first" = "$second" ] || why "did not stay the same process after the restart" ;;',
    'esac',
    ';;\nesac',
  ].join('\n'),
)
