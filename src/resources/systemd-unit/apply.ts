import { reveal } from '../../masking/secret.ts'
import { installFiles } from '../../shell/install-file.ts'
import { joinScripts, rawScript, type Script, sh } from '../../shell/script.ts'
import { CONFIG_ATTRIBUTES } from '../config-file.ts'
import type { Change } from '../resource.ts'
import { contentOf, DIR, isTemplate, pathOf, type SystemdUnit, type SystemdUnitState } from './model.ts'
import { verification } from './verification.ts'

/**
 * Neighbours are one transaction: all are staged and verified, together, before the first lands, and systemd reads its units
 * anew once.
 */
export function applyUnits(changes: readonly Change<SystemdUnit, SystemdUnitState>[]): Script {
  const all = changes.map(({ desired }) => desired)
  const kept = all.filter(({ state }) => state !== 'absent')
  return joinScripts([
    ...(kept.length > 0 ? [install(kept)] : []),
    ...all.filter((one) => !kept.includes(one)).map(remove),
    rawScript('systemctl daemon-reload'),
  ])
}

const install = (all: readonly SystemdUnit[]): Script => {
  const dirs = [...new Set(all.flatMap(({ unit, dropIn }) => (dropIn === undefined ? [] : [`${DIR}/${unit}.d`])))]
  const files = all.map((one) => ({ path: pathOf(one), content: reveal(contentOf(one) ?? ''), ...CONFIG_ATTRIBUTES }))
  return joinScripts([
    ...(dirs.length > 0 ? [sh`install -d -m 0755 -- ${dirs}`] : []),
    installFiles(files, verification(all)),
  ])
}

/** Links in *.wants/ would dangle, and a unit without a file could not be asked to stop. */
const remove = (desired: SystemdUnit): Script => {
  const { unit, dropIn } = desired
  const path = pathOf(desired)
  if (dropIn !== undefined) {
    const dir = `${DIR}/${unit}.d`
    return sh`
      rm -f -- ${path}
      if [ -d ${dir} ]; then rmdir --ignore-fail-on-non-empty -- ${dir}; fi
    `
  }
  const running = isTemplate(unit) ? unit.replace('@.', '@*.') : unit
  return sh`
    if [ -f ${path} ] && [ ! -e ${`/usr/lib/systemd/system/${unit}`} ] && [ ! -e ${`/usr/local/lib/systemd/system/${unit}`} ]; then
      systemctl stop -- ${running}
      systemctl -q disable -- ${unit} 2>/dev/null || true
    fi
    rm -f -- ${path}
  `
}
