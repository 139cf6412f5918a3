import { basename, dirname } from 'node:path'
import { validNames } from './translate/names.ts'

/** Words that say that it is an inventory, and not which. */
const ANY = /^(hosts?|inventor(y|ies)|ansible|playbooks?|main|all|src|etc|tmp)$/i

/** What an inventory is called here: the first telling name on the way up from its path. */
export function defaultName(path: string): string {
  const candidates = [
    basename(path)
      .replace(/\.(ya?ml|json|ini|cfg|sh|py)$/, '')
      .replace(/^(hosts?|inventory)[._-]/, ''),
    ...parents(path),
  ]
  const name = candidates.find((one) => one !== '' && !ANY.test(one)) ?? 'imported'
  return validNames([name]).get(name) ?? 'imported'
}

const parents = (path: string): string[] => {
  const up = dirname(path)
  return [basename(up), basename(dirname(up))]
}
