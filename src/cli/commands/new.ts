import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Register } from '../command.ts'
import { finished, say } from '../finished.ts'

/** `provision new`: what a project is made of, to begin with. */
export const newCommand: Register = (program) => {
  const group = program
    .command('new')
    .summary('something new in a project: new role NAME')
    .description('Something new in a project.')
    .allowExcessArguments(false)
    .showHelpAfterError('(provision new --help shows how)')
  group
    .command('role <name>')
    .description('a role to begin with: code, template, README and a test')
    .option('-C, --project <dir>', 'folder of the project (default: the current one)', '.')
    .allowExcessArguments(false)
    .action((name: string, { project }: { project: string }) =>
      finished(async () => {
        const root = resolve(project)
        const { newRole } = await import('../../scaffold/new-role.ts')
        const { made } = await newRole(root, name)
        for (const file of made) say(`made ${file}`)
        if (existsSync(join(root, 'schema'))) {
          const { writeSchemas } = await import('../../scaffold/schema-files.ts')
          for (const file of await writeSchemas(root)) say(`wrote ${file}, with its vars`)
        }
        say(`next: add ${name} to the roles of a tier in inventories/site.yml; npm test`)
        return 0
      }),
    )
}
