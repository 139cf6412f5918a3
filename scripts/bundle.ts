import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { commandLine } from '../src/cli/completion/describe.ts'
import { licensesOf } from './licenses.ts'
import { builtinSchemas, precompiledModule } from './precompile.ts'

/**
 * Packages that are loaded from node_modules: those that look for files of their own (a native part, a compiler), that
 * have no text of a licence with them to be passed on, and that a run without changes does without.
 */
const INSTALLED =
  /^(ssh2|node-ssh|jiti|zx|listr2|@inquirer\/(input|password)|age-encryption|ajv|tar|testcontainers)(\/|$)/

/** What is made once and for all takes the place of what makes it. */
const inPlaceOf = (file: string, code: string): Plugin => ({
  name: `made: ${file}`,
  load: (id) => (id === file ? { code, moduleType: 'js' } : undefined),
})

/**
 * Puts the modules of the program, and of the packages that each run needs, into few files: Node takes longer to find and
 * read 400 of them than to run what is in them. What several entries share is in chunks, so that a role, built-in or a user's,
 * and the program have the same instance of each module. Not minified: stack traces are for people.
 * @param root folder of the checkout
 * @returns files written, relative to dist/
 */
export async function bundle(root: string): Promise<string[]> {
  const roles = readdirSync(join(root, 'roles')).map((name) => `roles/${name}/index`)
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(
      ['src/cli/cli', 'src/index', 'src/testing/index', ...roles].map((name) => [name, `./${name}.ts`]),
    ),
    platform: 'node',
    resolve: { alias: { provision: join(root, 'src/index.ts') } },
    external: INSTALLED,
    plugins: [
      inPlaceOf(join(root, 'src/schemas/precompiled.ts'), precompiledModule(await builtinSchemas(root), './ajv.ts')),
      inPlaceOf(
        join(root, 'src/cli/completion/command-line.ts'),
        `export const COMMAND_LINE = ${JSON.stringify(commandLine())}\n`,
      ),
    ],
  })
  const { output } = await build.write({
    dir: join(root, 'dist'),
    entryFileNames: '[name].js',
    // As deep as src/catalog, from where the built-in roles are looked for.
    chunkFileNames: 'src/chunks/[name].js',
  })
  await build.close()
  const modules = output.flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []))
  writeFileSync(join(root, 'dist/LICENSES.txt'), licensesOf(modules))
  return output.map(({ fileName }) => fileName)
}
