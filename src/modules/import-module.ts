import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'

/** Imports a file; gives its default export, undefined where it has none. */
export type Import = (file: string) => Promise<unknown>

export const importCompiled: Import = async (file) => defaultOf(await import(pathToFileURL(file).href))

/** Imports TypeScript; `provision` is this very program there, wherever the project stands. @param root of the project */
export async function sourceImporter(root: string): Promise<Import> {
  const [{ createJiti }, provision] = await Promise.all([import('jiti'), import('../index.ts')])
  const jiti = createJiti(join(root, 'roles'), { virtualModules: { provision: withoutUnknownNames(provision) } })
  return async (file) => defaultOf(await jiti.import(file))
}

/**
 * A name that `provision` does not export is undefined in a role, which nobody notices before it is called: here it is
 * told by its name, at the line that uses it.
 */
function withoutUnknownNames(provision: object): object {
  const names = Object.keys(provision)
  return new Proxy(provision, {
    // The loader asks first, and would give undefined by itself.
    has: (target, name) => isWanted(name) || name in target,
    get(target, name) {
      if (isWanted(name) && !(name in target)) {
        throw new ProvisionError(`'provision' exports no '${name}'`, { code: 'input', hint: nameHint(name, names) })
      }
      const value: unknown = Reflect.get(target, name)
      return value
    },
  })
}

const isWanted = (name: string | symbol): name is string => typeof name === 'string' && !OF_LOADERS.has(name)

/** What loaders ask of any module, to see of which kind it is. */
const OF_LOADERS = new Set(['default', '__esModule', 'then', 'module.exports', 'constructor', 'toJSON'])

const defaultOf = (module: unknown): unknown =>
  typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
