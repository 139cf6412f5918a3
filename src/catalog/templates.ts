import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ProvisionError } from '../errors.ts'
import { nameHint } from '../problems/nearest.ts'
import { packageRoot } from './package-root.ts'
import type { TemplateLookup, TemplateSource } from './template.ts'

/**
 * Finds `<name>` or `<name>.ejs` in templates/<role>/ of the project, then of provision itself; each file is read once.
 */
export function templateLookup(root: string, own: string = packageRoot()): TemplateLookup {
  const found = new Map<string, TemplateSource>()
  return (role, name) => {
    const key = `${role}/${name}`
    const known = found.get(key)
    if (known !== undefined) return known
    const source = find([...new Set([realpathSync(root), realpathSync(own)])], role, name)
    found.set(key, source)
    return source
  }
}

function find(roots: readonly string[], role: string, name: string): TemplateSource {
  const inside = !name.startsWith('/') && !name.split('/').includes('..')
  const folders = roots.map((root) => ({ root, dir: join(root, 'templates', role) }))
  for (const { root, dir } of inside ? folders : []) {
    const path = [`${name}.ejs`, name].map((file) => join(dir, file)).find((file) => existsSync(file))
    if (path !== undefined) return { file: relative(root, path), text: readFileSync(path, 'utf8') }
  }
  const names = folders.flatMap(({ dir }) =>
    existsSync(dir)
      ? readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((file) => file.replace(/\.ejs$/, ''))
      : [],
  )
  throw new ProvisionError(`there is no template '${name}' in templates/${role}`, {
    code: 'input',
    hint: nameHint(name, names),
  })
}
