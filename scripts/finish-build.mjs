// tsc writes the entry without its executable bit; npm sets it on install, a checkout's own `npx` does not.
import { chmodSync } from 'node:fs'

chmodSync(new URL('../dist/src/cli.js', import.meta.url), 0o755)
