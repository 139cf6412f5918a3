import type { AnsibleInventory } from '../inventory/model.ts'
import type { Setter, Setting } from '../inventory/precedence.ts'
import type { AnsibleVars } from '../parse/value.ts'

/** Every var as it was written, once: what a range of hosts says stands in one place. */
export function declaredVars({ hosts, groups, varsFiles }: AnsibleInventory): readonly Setting[] {
  const all = [
    ...[...groups.values()].flatMap(({ name, vars }) => settingsIn(vars, { is: 'group', name })),
    ...[...hosts.values()].flatMap(({ name, vars }) => settingsIn(vars, { is: 'host', name })),
    ...varsFiles.flatMap(({ of, name, vars }) => settingsIn(vars, { is: of, name })),
  ]
  return [...new Map(all.map((one) => [placeOf(one), one])).values()]
}

const settingsIn = (vars: AnsibleVars, by: Setter): Setting[] =>
  [...vars].map(([name, value]): Setting => ({ name, value, by }))

/** Of a var in a file: where it stands. Several in one line, as in JSON, differ by name or by what they are. */
export const placeOf = ({ name, value }: Setting): string =>
  `${value.at.file}:${value.at.line}:${name}:${JSON.stringify(value.value)}`
