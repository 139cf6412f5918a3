import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRoles, loadRoles } from '../src/catalog/load-roles.ts'
import { InputError } from '../src/errors.ts'
import { editorSchemas } from '../src/scaffold/editor-schemas.ts'
import { CHECKOUT } from './checkout.ts'
import { fieldsOfConstructors, fieldsOfContracts, fieldsOfRollouts } from './constructors.ts'
import { eventsPage } from './event-docs.ts'
import { eventSchema, eventTypes } from './event-schema.ts'
import { fieldsPage } from './field-docs.ts'
import { roleReadme } from './role-docs.ts'

/**
 * Every file that is made from the schemas, by its path in the checkout.
 * @throws InputError when a built-in role can't be loaded.
 */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const found = await findRoles(CHECKOUT, join(CHECKOUT, 'roles'))
  const { roles, problems } = await loadRoles(CHECKOUT, found, [...found.keys()])
  if (problems.length > 0) throw new InputError(problems)
  const schemas = [...editorSchemas(roles.values())].map(([name, text]) => [join('schema', name), text] as const)
  const readmes = [...roles.values()].map((role) => {
    const file = join('roles', role.name, 'README.md')
    return [file, roleReadme(role, currentText(file))] as const
  })
  const pages = [
    ['docs/kinds.md', fieldsOfConstructors()],
    ['docs/rollouts.md', fieldsOfRollouts()],
    ['docs/contracts.md', fieldsOfContracts()],
  ] as const
  const fields = pages.map(([file, all]) => [file, fieldsPage(currentText(file) ?? '', all)] as const)
  const types = eventTypes(CHECKOUT)
  const events = [
    ['schema/events.json', `${JSON.stringify(eventSchema(types), undefined, 2)}\n`],
    ['docs/events.md', eventsPage(currentText('docs/events.md') ?? '', types)],
  ] as const
  return new Map([...schemas, ...readmes, ...fields, ...events])
}

/** What a file of the checkout holds now. */
export function currentText(file: string): string | undefined {
  const path = join(CHECKOUT, file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
