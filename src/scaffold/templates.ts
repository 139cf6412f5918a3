import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { packageRoot } from '../catalog/package-root.ts'
import { templateRenderer } from '../catalog/template.ts'
import { masked } from '../masking/secret.ts'

/** Renders a file of scaffold/, by its folder there and its name without `.ejs`. */
export type RenderScaffold = (folder: string, name: string, data: Readonly<Record<string, unknown>>) => string

/** The templates of what commands write for people, strict as those of roles are. */
export function scaffoldRenderer(own: string = packageRoot()): RenderScaffold {
  const render = templateRenderer((folder, name) => {
    const file = join('scaffold', folder, `${name}.ejs`)
    return { file, text: readFileSync(join(own, file), 'utf8') }
  })
  return (folder, name, data) => masked(render(folder, name, data))
}

/** A text as one line of YAML, quoted where it must be. */
export const yamlScalar = (value: string | number): string => stringify(value, { lineWidth: 0 }).trimEnd()
