// What tsc, which emits the types only, leaves undone.
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.ts'
import { CHECKOUT } from './checkout.ts'

const dist = join(CHECKOUT, 'dist')
/** What package.json's `bin` names. It stays where it is: npm's links to it, in a cache too, are not made anew when it moves. */
const COMMAND = 'src/cli.js'
const written = [...(await bundle(CHECKOUT)), COMMAND]
writeFileSync(join(dist, COMMAND), "#!/usr/bin/env node\nimport './cli/cli.js'\n")

// The output of a source that has gone stays, and would be packed.
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const types = /^(.*)\.d\.ts$/.exec(file)
  const stale = types
    ? !existsSync(join(CHECKOUT, `${types[1]}.ts`))
    : /\.js(\.map)?$/.test(file) && !written.includes(file)
  if (stale) rmSync(join(dist, file))
}

// The entry comes without its executable bit; npm sets it on install, a checkout's own `npx` does not.
for (const file of [COMMAND, 'src/cli/cli.js']) chmodSync(join(dist, file), 0o755)
