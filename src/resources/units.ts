import { type Script, sh } from '../shell/script.ts'

/** What systemd tells of units, asked once for all of them. */

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
 * The answer to {@link probeUnits}: a block of `Name=value` lines for each unit, in the order of the names. Lines that
 * begin with `@` are of other questions.
 * @throws Error when it tells of more or fewer units than were asked for
 */
export function unitBlocks(answer: string, names: readonly string[]): string[] {
  const own = answer.replaceAll(/^@.*\n?/gm, '').trim()
  const blocks = own === '' ? [] : own.split(/\n{2,}/)
  if (blocks.length !== names.length) {
    throw new Error(`systemctl told of ${blocks.length} units, asked for ${names.length}`)
  }
  return blocks
}

/** Reads one property of a block. @throws Error when it is not there */
export function unitProperties(block: string): (name: string) => string {
  const at = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  return (name) => {
    const value = at.get(name)
    if (value === undefined) throw new Error(`systemctl did not tell ${name}`)
    return value
  }
}
