import { readdirSync } from 'node:fs'
import { rolldown } from 'rolldown'

/**
 * Puts the program's own modules into few files: Node takes longer to find and read 200 of them than to run what is in
 * them. Packages stay what npm installs. What several entries share is in chunks, so that a role, built-in or a user's,
 * and the program have the same instance of each module. Not minified: stack traces are for people.
 * @param {string} root the package's folder
 * @returns {Promise<string[]>} files written, relative to dist/
 */
export async function bundle(root) {
  const roles = readdirSync(`${root}/roles`).map((name) => `roles/${name}/index`)
  const entries = ['src/cli', 'src/index', ...roles]
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((name) => [name, `./${name}.ts`])),
    platform: 'node',
    resolve: { alias: { provision: `${root}/src/index.ts` } },
    external: /^(?!provision$)[a-z@]/,
  })
  const { output } = await build.write({
    dir: `${root}/dist`,
    entryFileNames: '[name].js',
    // As deep as src/catalog, from where the built-in roles are looked for.
    chunkFileNames: 'src/chunks/[name].js',
  })
  await build.close()
  return output.map(({ fileName }) => fileName)
}
