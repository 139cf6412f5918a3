import { type Script, sh } from '../shell/script.ts'

/** A systemd unit, as `systemctl show` has it. */
export interface UnitState {
  /** `loaded`, `not-found`, `masked`, … */
  readonly load: string
  /** `active`, `inactive`, `failed`, … */
  readonly active: string
  /** The state's own name for each type of unit: `running`, `dead`, … */
  readonly sub: string
  /** `enabled`, `static`, …; empty for a unit that has no file. */
  readonly file: string
  /** A unit file changed on disk since systemd read it. */
  readonly needsReload: boolean
  /** Of a service: `simple`, `oneshot`, … */
  readonly type?: string | undefined
  /** Of a service: it stays active when its processes have ended. */
  readonly remainsAfterExit?: boolean | undefined
}

const PROPERTIES = [
  ...['LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'NeedDaemonReload'],
  // Of services alone.
  ...['Type', 'RemainAfterExit'],
]

/** Answers come in the order of the names: an alias (`sshd`) answers with another Id. Missing units exit 0 as well. */
export function probeUnits(names: readonly string[]): Script {
  return sh`systemctl show --no-pager -p ${PROPERTIES.join(',')} -- ${names}`
}

/**
 * The answer to {@link probeUnits}, by name.
 * @throws Error when it tells of more or fewer units than were asked for, or not all of one
 */
export function parseUnits(answer: string, names: readonly string[]): Map<string, UnitState> {
  const blocks = answer.trim() === '' ? [] : answer.trim().split(/\n{2,}/)
  if (blocks.length !== names.length) {
    throw new Error(`systemctl told of ${blocks.length} units, asked for ${names.length}`)
  }
  return new Map(names.map((name, i) => [name, parseUnit(blocks[i] ?? '')]))
}

function parseUnit(block: string): UnitState {
  const at = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const get = (name: string): string => {
    const value = at.get(name)
    if (value === undefined) throw new Error(`systemctl did not tell ${name}`)
    return value
  }
  const [type, remains] = [at.get('Type'), at.get('RemainAfterExit')]
  return {
    load: get('LoadState'),
    active: get('ActiveState'),
    sub: get('SubState'),
    file: get('UnitFileState'),
    needsReload: get('NeedDaemonReload') === 'yes',
    ...(type !== undefined && { type }),
    ...(remains !== undefined && { remainsAfterExit: remains === 'yes' }),
  }
}
