import type { CompiledResource } from '../../src/catalog/compiled.ts'
import type { Handler, ResourceKind } from '../../src/resources/resource.ts'
import { rawScript } from '../../src/shell/script.ts'

export interface Desired {
  readonly name: string
  readonly value: string
}

/** A kind whose probe answers `name=value` lines; a value of `?` is unknown. Small enough to see through in tests. */
export function lineKind(
  kind: string,
  more: Partial<ResourceKind<Desired, string>> = {},
): ResourceKind<Desired, string> {
  return {
    kind,
    key: ({ name }) => name,
    probe: (all) => rawScript(`echo ${all.length}`),
    parse({ own }, all) {
      const lines = new Map(own.split('\n').map((line) => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']))
      return new Map(
        all.map(({ name }) => {
          const value = lines.get(name)
          return [name, value === undefined ? 'absent' : value === '?' ? 'unknown' : value]
        }),
      )
    },
    diff(desired, actual) {
      if (actual === desired.value) return undefined
      const from = actual === 'absent' ? undefined : actual
      return {
        action: actual === 'absent' ? 'create' : 'update',
        desired,
        actual,
        fields: [{ field: 'value', from, to: desired.value }],
      }
    },
    apply: (changes) => rawScript(changes.map(({ desired }) => `set ${desired.name}`).join('\n')),
    ...more,
  }
}

export function compiled(
  kind: ResourceKind<Desired, string>,
  name: string,
  value: string,
  notify: readonly Handler[] = [],
): CompiledResource {
  return { kind, desired: { name, value }, notify, key: `${kind.kind}:${name}`, role: 'test' }
}
