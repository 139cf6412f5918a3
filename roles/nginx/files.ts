import { directory, file, type Nested, type Resource, type RoleInput } from 'provision'
import { rootOf } from './sites.ts'
import type { NginxVars, Site } from './vars.ts'

type Host = RoleInput<NginxVars>['host']

/** Directories and small files of a site. A root that somebody else fills is left to them. */
export function siteFiles(site: Site, host: Host): Nested<Resource> {
  const root = rootOf(site)
  const names = Object.keys(site.files)
  if (root === undefined || (site.root !== undefined && names.length === 0)) return []
  const folders = [...new Set(names.flatMap(foldersOf))]
  return [
    // A root that is a link to a disk of its own counts.
    directory({ path: root, follow: true }),
    folders.map((path) => directory({ path: `${root}/${path}` })),
    Object.entries(site.files).map(([path, text]) =>
      file({ path: `${root}/${path}`, content: filled(text, host), mode: '0644' }),
    ),
  ]
}

/** `a/b/c` → `a`, `a/b`. */
const foldersOf = (path: string): string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_, i, all) => all.slice(0, i + 1).join('/'))

const filled = (text: string, { name, address }: Host): string =>
  text.replaceAll('{{host}}', name).replaceAll('{{address}}', address)
