// What tsc, which emits the types only, leaves undone.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { CHECKOUT } from './generated.ts'

const dist = join(CHECKOUT, 'dist')
const written = await bundle(CHECKOUT)

// The output of a source that has gone stays, and would be packed.
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const types = /^(.*)\.d\.ts$/.exec(file)
  const stale = types
    ? !existsSync(join(CHECKOUT, `${types[1]}.ts`))
    : /\.js(\.map)?$/.test(file) && !written.includes(file)
  if (stale) rmSync(join(dist, file))
}

// The entry comes without its executable bit; npm sets it on install, a checkout's own `npx` does not.
chmodSync(join(dist, 'src/cli/cli.js'), 0o755)
