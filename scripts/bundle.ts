import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { builtinSchemas, precompiledModule } from './precompile.ts'

/**
 * Puts the program's own modules into few files: Node takes longer to find and read 200 of them than to run what is in
 * them. Packages stay what npm installs. What several entries share is in chunks, so that a role, built-in or a user's,
 * and the program have the same instance of each module. Not minified: stack traces are for people.
 * @param root folder of the checkout
 * @returns files written, relative to dist/
 */
export async function bundle(root: string): Promise<string[]> {
  const roles = readdirSync(join(root, 'roles')).map((name) => `roles/${name}/index`)
  const code = precompiledModule(await builtinSchemas(root), './ajv.ts')
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(['src/cli', 'src/index', ...roles].map((name) => [name, `./${name}.ts`])),
    platform: 'node',
    resolve: { alias: { provision: join(root, 'src/index.ts') } },
    external: /^(?!provision$)[a-z@]/,
    plugins: [
      {
        name: 'precompiled-schemas',
        load: (id) => (id === join(root, 'src/schemas/precompiled.ts') ? { code, moduleType: 'js' } : undefined),
      },
    ],
  })
  const { output } = await build.write({
    dir: join(root, 'dist'),
    entryFileNames: '[name].js',
    // As deep as src/catalog, from where the built-in roles are looked for.
    chunkFileNames: 'src/chunks/[name].js',
  })
  await build.close()
  return output.map(({ fileName }) => fileName)
}
