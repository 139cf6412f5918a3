import type { FieldSchemas, FieldsOf } from '../schemas/fields.ts'
import { rawScript, type Script, sh } from '../shell/script.ts'
import { constructorOf } from './constructor.ts'
import type { ResourceKind } from './resource.ts'

/** What a role declares. Say of each field what it means and, where it may be left out, what its absence means. */
export const TEMPLATE = {
  name: { description: 'Its identity on a host.', type: 'string' },
  value: { description: 'What it is set to.', type: 'string' },
  state: { description: 'absent: it is removed.', enum: ['present', 'absent'], default: 'present' },
} as const satisfies FieldSchemas

export type Template = FieldsOf<typeof TEMPLATE>

/** What a host holds. */
export interface TemplateState {
  readonly value: string
}

/** Where this kind keeps its state; yours has a place of its own. */
const PLACE = '/etc/provision-template'

/**
 * A kind of resource, whole and working: a named value on a host.
 *
 * The four verbs are pure. `probe` asks for all resources of the kind with one script, whose answer is ASCII (files and
 * systemd's units are named in `reads` instead, and `parse` gets them as data); `parse` reads it; `diff` says what would
 * change; `apply` is sh for dash that may run twice and leaves the old state whole when it fails. Everything interpolated
 * in sh`…` is quoted.
 */
export const templateKind: ResourceKind<Template, TemplateState> = {
  kind: '_template',
  key: (desired) => desired.name,
  // Answers carry the index and not the name, and values as base64: nothing that a host holds can break them.
  probe: (all) => sh`
    index=0
    for name in ${all.map(({ name }) => name)}; do
      if [ -f ${PLACE}/"$name" ]; then
        printf '@_template %s ' "$index"; base64 -w 0 <${PLACE}/"$name"; echo
      fi
      index=$((index + 1))
    done`,
  parse({ own }, all) {
    const found = new Map(
      [...own.matchAll(/^@_template (\d+) (\S*)$/gm)].map(([, index, value]) => [Number(index), value ?? '']),
    )
    return new Map(
      all.map(({ name }, i) => {
        const value = found.get(i)
        return [name, value === undefined ? 'absent' : { value: Buffer.from(value, 'base64').toString('utf8') }]
      }),
    )
  },
  diff(desired, actual) {
    const from = actual === 'absent' ? undefined : actual.value
    const to = desired.state === 'absent' ? undefined : desired.value
    if (from === to) return undefined
    const action = from === undefined ? 'create' : to === undefined ? 'delete' : 'update'
    return { action, desired, actual, fields: [{ field: 'value', from, to }] }
  },
  apply: (changes) =>
    rawScript(
      changes.map(({ desired }) => (desired.state === 'absent' ? remove(desired) : set(desired)).sh).join('\n'),
    ),
}

/** What roles call: `template({ name: 'a', value: '1', notify: [reload('b')] })`. */
export const template = constructorOf(templateKind, { fields: TEMPLATE })

const set = ({ name, value }: Template): Script => sh`
  mkdir -p -- ${PLACE}
  printf %s ${value} >${PLACE}/${`.${name}.new`}
  sync -- ${PLACE}/${`.${name}.new`}
  mv -fT -- ${PLACE}/${`.${name}.new`} ${PLACE}/${name}`

const remove = ({ name }: Template): Script => sh`rm -f -- ${PLACE}/${name}`
