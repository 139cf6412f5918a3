// What tsc, which emits the types only, leaves undone.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const written = await bundle(root.replace(/\/$/, ''))

// The output of a source that has gone stays, and would be packed.
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const types = /^(.*)\.d\.ts$/.exec(file)
  const stale = types
    ? !existsSync(join(root, `${types[1]}.ts`))
    : /\.js(\.map)?$/.test(file) && !written.includes(file)
  if (stale) rmSync(join(dist, file))
}

// The entry comes without its executable bit; npm sets it on install, a checkout's own `npx` does not.
chmodSync(join(dist, 'src/cli.js'), 0o755)
