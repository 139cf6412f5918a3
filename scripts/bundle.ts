import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type OutputChunk, type Plugin, type RolldownBuild, rolldown } from 'rolldown'
import { minifySync } from 'rolldown/utils'
import { commandLine } from '../src/cli/completion/describe.ts'
import { licensesOf } from './licenses.ts'
import { builtinSchemas, precompiledModule } from './precompile.ts'

/**
 * Packages that are loaded from node_modules: those that look for files of their own (a native part, a compiler), that
 * have no text of a licence with them to be passed on, and that a run without changes does without.
 */
const INSTALLED =
  /^(ssh2|node-ssh|jiti|zx|listr2|@inquirer\/(input|password)|age-encryption|ajv|tar|testcontainers)(\/|$)/

/** What a run that finds nothing to change loads, each with all that it imports. */
const OF_A_RUN = ['cli/main', 'run/run', 'render/plain', 'render/json', 'connection/ssh', 'connection/session']
/** What is to be there at once, and has little to load: the help, an answer to Tab, a worker. */
const AT_ONCE = ['cli/program', 'cli/completion/at-tab', 'workers/stdio']

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
    // What a file of OF_A_RUN shares with others, it exports.
    preserveEntrySignatures: 'allow-extension',
    resolve: { alias: { provision: join(root, 'src/index.ts') } },
    external: INSTALLED,
    // An answer to Tab does without what is imported at need there, and by name elsewhere.
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      inPlaceOf(join(root, 'src/schemas/precompiled.ts'), await validatorsOf(root)),
      inPlaceOf(
        join(root, 'src/cli/completion/command-line.ts'),
        `export const COMMAND_LINE = ${JSON.stringify(commandLine())}\n`,
      ),
    ],
  })
  const ofRun = await ofARun(build, root)
  const { output } = await build.write({
    dir: join(root, 'dist'),
    entryFileNames: '[name].js',
    // As deep as src/catalog, from where the built-in roles are looked for.
    chunkFileNames: 'src/chunks/[name].js',
    // Else what each command loads only when it needs it would cut what all load into a hundred files.
    codeSplitting: {
      groups: [{ name: 'of-a-run', test: (id) => ofRun.has(id) }],
      includeDependenciesRecursively: false,
    },
  })
  await build.close()
  const modules = output.flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []))
  writeFileSync(join(root, 'dist/LICENSES.txt'), licensesOf(modules))
  return output.map(({ fileName }) => fileName)
}

/** ajv's code, half of all that a run loads: nobody reads it, and no stack ends in it. */
const validatorsOf = async (root: string): Promise<string> =>
  minifySync('precompiled.js', precompiledModule(await builtinSchemas(root), './ajv.ts'), { module: true }).code

async function ofARun(build: RolldownBuild, root: string): Promise<Set<string>> {
  const { output } = await build.generate()
  const chunks = output.filter((one) => one.type === 'chunk')
  const source = (name: string) => join(root, `src/${name}.ts`)
  const found = modulesOf(chunks, OF_A_RUN.map(source))
  for (const module of modulesOf(chunks, AT_ONCE.map(source))) found.delete(module)
  return found
}

/** The modules that are loaded with these, by import alone. @throws Error when one of these is in no file */
function modulesOf(chunks: readonly OutputChunk[], modules: readonly string[]): Set<string> {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const found = new Set<OutputChunk>()
  const add = (chunk: OutputChunk | undefined): void => {
    if (chunk === undefined || found.has(chunk)) return
    found.add(chunk)
    for (const name of chunk.imports) add(byName.get(name))
  }
  for (const module of modules) {
    const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(module))
    if (chunk === undefined) throw new Error(`${module} is not in the bundle`)
    add(chunk)
  }
  return new Set([...found].flatMap(({ moduleIds }) => moduleIds))
}
