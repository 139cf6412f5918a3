import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findRoles } from '../catalog/load-roles.ts'
import { ProvisionError } from '../errors.ts'
import { type RenderScaffold, scaffoldRenderer } from './templates.ts'
import { type Written, writeNew } from './write.ts'

/**
 * Writes a role to begin with: its code, its template, a README and a test.
 * @throws ProvisionError when the name is none, or taken; nothing is then written
 */
export async function newRole(root: string, name: string): Promise<Written> {
  const refuse = (message: string, hint: string) => new ProvisionError(message, { code: 'input', hint })
  if (!existsSync(join(root, 'inventories')) && !existsSync(join(root, 'roles'))) {
    throw refuse(`${root} is no project: there is neither inventories/ nor roles/ in it`, 'make one: provision init')
  }
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(name)) {
    throw refuse(
      `'${name}' is no name for a role`,
      'write lower-case letters and digits, with - or _ between words: shop_worker',
    )
  }
  const found = (await findRoles(root)).get(name)
  if (found?.builtin) {
    throw refuse(
      `'${name}' is a built-in role, and one of your own by that name would take its place`,
      `choose another name, such as my_${name}; a single template is replaced by templates/${name}/ in the project`,
    )
  }
  const files = roleFiles(scaffoldRenderer(), name)
  const taken = [...files.keys()].find((file) => existsSync(join(root, file)))
  if (found || taken !== undefined) {
    throw refuse(`${taken ?? `roles/${name}`} is there already`, 'choose another name; nothing is written over')
  }
  return writeNew(root, files)
}

/** The files of a role to begin with, by path. */
export function roleFiles(render: RenderScaffold, role: string): ReadonlyMap<string, string> {
  const text = (name: string): string => render('role', name, { role, prefix: role.replaceAll('-', '_') })
  return new Map([
    [`roles/${role}/index.ts`, text('index.ts')],
    [`roles/${role}/README.md`, text('README.md')],
    [`templates/${role}/${role}.conf.ejs`, text('conf.ejs')],
    [`test/${role}.test.ts`, text('test.ts')],
  ])
}
