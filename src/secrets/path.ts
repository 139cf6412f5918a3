import { type Document, isCollection, isMap, isScalar, isSeq, type Node } from 'yaml'
import { ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'

/**
 * Where a value of that name goes: dots go into mappings and lists.
 * @throws ProvisionError (input) when a name on the way is that of a value, which would be lost
 */
export function pathTo(doc: Document, name: string): (string | number)[] {
  const names = name.split('.')
  if (names.includes('')) throw new ProvisionError(`'${name}' is not the name of a var`, { code: 'input' })
  const path: (string | number)[] = []
  for (const step of names) {
    const around = path.length === 0 ? doc.contents : doc.getIn(path, true)
    const isOpen = around === undefined || around === null || isCollection(around)
    if (!isOpen) {
      throw new ProvisionError(`'${path.join('.')}' is a value there, so it can't hold '${step}'`, { code: 'input' })
    }
    path.push(isSeq(around) ? indexIn(around.items.length, step, path) : step)
  }
  return path
}

const indexIn = (length: number, step: string, path: readonly (string | number)[]): number => {
  const index = Number(step)
  if (/^\d+$/.test(step) && index <= length) return index
  throw new ProvisionError(`'${path.join('.')}' is a list of ${length}: name an element by its number, from 0`, {
    code: 'input',
  })
}

/**
 * What is there by that name.
 * @throws ProvisionError (input), with the nearest name, when nothing is
 */
export function found(doc: Document, name: string): { readonly path: (string | number)[]; readonly node: Node } {
  const path = pathTo(doc, name)
  const node = doc.getIn(path, true)
  if (isScalar(node) || isCollection(node)) return { path, node }
  const around = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true)
  const names = isMap(around) ? around.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : []
  throw new ProvisionError(`there is no '${name}'`, { code: 'input', hint: nameHint(String(path.at(-1)), names) })
}
