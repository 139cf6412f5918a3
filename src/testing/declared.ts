import type { CompiledResource } from '../catalog/compiled.ts'
import { masked, type Text, withoutSecrets } from '../masking/secret.ts'

/** Resources of a host, to be asked about by key. */
export interface Declared {
  /** In order of application, with those of the roles beside it: `file:/etc/motd`. */
  readonly keys: readonly string[]
  /** The fields of a resource; secrets in it are Secrets. @throws Error when there is none */
  desired(key: string): unknown
  /** Ids of the handlers that a change of a resource calls for. @throws Error when there is none */
  notifies(key: string): string[]
  /** Content of a file or a unit, secrets masked. @param path of a file in a file set */
  content(key: string, path?: string): string
  /** The sh that makes a resource on a host that has nothing of it, secrets masked; '' where nothing is to be done. */
  script(key: string): string
}

export function declared(resources: readonly CompiledResource[]): Declared {
  const find = (key: string): CompiledResource => {
    const found = resources.find((one) => one.key === key)
    if (found !== undefined) return found
    throw new Error(`there is no ${key} among ${resources.map((one) => one.key).join(', ')}`)
  }
  return {
    keys: resources.map(({ key }) => key),
    desired: (key) => find(key).desired,
    notifies: (key) => find(key).notify.map(({ id }) => id),
    content(key, path) {
      const { desired } = find(key)
      return textOf(path === undefined ? desired : at(at(desired, 'files'), path), path ?? key)
    },
    script(key) {
      const { kind, desired } = find(key)
      const change = kind.diff(withoutSecrets(desired), 'absent')
      return change === undefined ? '' : kind.apply([change]).sh
    },
  }
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

const isText = (value: unknown): value is Text => typeof value === 'string' || Array.isArray(value)

function textOf(value: unknown, name: string): string {
  const content = at(value, 'content')
  if (isText(content)) return masked(content)
  throw new Error(`${name} has no content`)
}
