import { resolve } from 'node:path'
import type { Register } from '../command.ts'
import { finished, say } from '../finished.ts'

interface Flags {
  readonly project: string
  readonly check: boolean
}

/** `provision schema`: what editors know of a project's files. */
export const schema: Register = (program) => {
  program
    .command('schema')
    .summary("schemas for editors, with the vars of the project's own roles")
    .description(
      "Write schema/*.json, by which editors check and complete hosts.yml, site.yml and vars: those of the project's own\n" +
        'roles too. To be run again after a change of the vars of a role.',
    )
    .option('-C, --project <dir>', 'folder of the project (default: the current one)', '.')
    .option('--check', 'write nothing; exit status 2 where a file is missing or stale', false)
    .allowExcessArguments(false)
    .showHelpAfterError('(provision schema --help shows every option)')
    .action(({ project, check }: Flags) =>
      finished(async () => {
        const { staleSchemas, writeSchemas } = await import('../../scaffold/schema-files.ts')
        const root = resolve(project)
        if (check) {
          const stale = [...(await staleSchemas(root)).keys()]
          for (const file of stale) say(`${file} is missing or stale: provision schema writes it`)
          return stale.length > 0 ? 2 : 0
        }
        const written = await writeSchemas(root)
        for (const file of written) say(`wrote ${file}`)
        if (written.length === 0) say('schema/ is up to date')
        return 0
      }),
    )
}
