import type { Register } from '../command.ts'
import { apply } from './apply.ts'
import { completion } from './completion.ts'
import { drift } from './drift.ts'
import { exec } from './exec.ts'
import { facts } from './facts.ts'
import { history } from './history.ts'
import { importCommand } from './import.ts'
import { init } from './init.ts'
import { inventory } from './inventory.ts'
import { lab } from './lab.ts'
import { newCommand } from './new.ts'
import { ping } from './ping.ts'
import { plan } from './plan.ts'
import { release } from './release.ts'
import { report } from './report.ts'
import { rollback } from './rollback.ts'
import { run } from './run.ts'
import { schema } from './schema.ts'
import { secrets } from './secrets.ts'
import { show } from './show.ts'
import { switchover } from './switchover.ts'
import { trust } from './trust.ts'
import { upgrade } from './upgrade.ts'

/** Every command, in the order of the help. The first one is the program itself. */
export const COMMANDS: readonly Register[] = [
  run,
  plan,
  apply,
  upgrade,
  rollback,
  switchover,
  drift,
  history,
  show,
  report,
  inventory,
  trust,
  ping,
  facts,
  exec,
  secrets,
  release,
  init,
  importCommand,
  newCommand,
  schema,
  lab,
  completion,
]
