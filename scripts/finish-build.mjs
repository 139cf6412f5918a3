// What tsc leaves undone.
import { chmodSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

// The output of a source that has gone stays, and would be packed.
for (const file of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const output = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file)
  if (output && !existsSync(join(root, `${output[1]}.ts`))) rmSync(join(dist, file))
}

// The entry comes without its executable bit; npm sets it on install, a checkout's own `npx` does not.
chmodSync(join(dist, 'src/cli.js'), 0o755)
