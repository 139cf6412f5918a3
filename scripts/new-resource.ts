import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What makes a kind: its source, one fixture, its test. */
const SOURCES = [
  'src/resources/_template.ts',
  'test/resources/fixtures/_template/changes.ts',
  'test/resources/fixtures/_template/changes.apply.sh',
  'test/resources/_template.test.ts',
]

/** Names in the template's texts → names of the new kind. */
export function renamed(text: string, name: string): string {
  const pascal = name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1)
  const upper = name.replaceAll('-', '_').toUpperCase()
  return text
    .replaceAll('provision-template', `provision-${name}`)
    .replaceAll('_template', name)
    .replaceAll(/\bTEMPLATE\b/g, upper)
    .replaceAll(/\bTemplate/g, pascal)
    .replaceAll(/\btemplate(?=Kind\b| = |\()/g, camel)
}

/**
 * Copies the template under a new name.
 * @returns the paths written, relative to root
 * @throws Error when the name is no kind's name or is taken; nothing is then written
 */
export function newResource(root: string, name: string): string[] {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`"${name}" is not a name for a kind: write lower-case words with hyphens, e.g. cron-job`)
  }
  const files = SOURCES.map((source) => ({ source, path: renamed(source, name) }))
  const taken = files.find(({ path }) => existsSync(`${root}/${path}`))
  if (taken) throw new Error(`${taken.path} is there already`)
  for (const { source, path } of files) {
    mkdirSync(dirname(`${root}/${path}`), { recursive: true })
    writeFileSync(`${root}/${path}`, renamed(readFileSync(`${root}/${source}`, 'utf8'), name))
  }
  return files.map(({ path }) => path)
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  try {
    const paths = newResource(fileURLToPath(new URL('..', import.meta.url)), process.argv[2] ?? '')
    console.log(`${paths.join('\n')}\n\nNext: make it yours, then \`npm run test:unit -- test/resources\`;`)
    console.log('export its constructor and its types in src/index.ts, so that roles can import it.')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
