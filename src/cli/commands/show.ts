import { existsSync } from 'node:fs'
import { InputError } from '../../errors.ts'
import { flagsOf, type Register, strict } from '../command.ts'
import { finished } from '../finished.ts'
import { diffOptions, verboseOption, withShared } from '../host-options.ts'
import type { ShowFlags } from '../show-record.ts'

const EXAMPLES = `
Examples:
  provision show                  the newest run of the project
  provision show -i prod latest   the newest run of an inventory
  provision show 9f2c             a run that provision history lists; the beginning of its name is enough
  provision show release.plan     a plan that provision plan --out made: what it would change, until when it holds
  provision show FILE             a record that somebody handed over`

/** `provision show`: what an earlier run told, or a plan that was kept. */
export const show: Register = (program, cli) => {
  const own = program.command('show')
  withShared(strict(own, program, cli, true), 'inventory').argument(
    '[run]',
    'name of a run or how it begins, latest, or a file: of a plan or a record',
    'latest',
  )
  verboseOption(withShared(diffOptions(own), 'project'))
    .option('--json', "print the run's events as JSON, one per line", false)
    .description('print a kept plan, or an earlier run, as its terminal did: plan, diffs, failures, result')
    .showHelpAfterError('(provision show --help shows every option)')
    .addHelpText('after', EXAMPLES)
    .action((run: string) =>
      finished(async () => {
        const flags = flagsOf<ShowFlags>(own, program)
        const isFile = existsSync(run)
        const { isPlanFile } = await import('../../sealed/plan-file.ts')
        if (isFile && (await isPlanFile(run))) {
          const { showPlan } = await import('../show-plan.ts')
          await showPlan(run, flags)
          return 0
        }
        const { isRecordFile, showRecord } = await import('../show-record.ts')
        if (isFile && !(await isRecordFile(run))) {
          const hint = 'provision plan --out makes plans, provision history lists runs'
          throw new InputError([{ message: `${run} is no plan, and no record of a run`, hint }])
        }
        await showRecord(run, isFile, flags)
        return 0
      }),
    )
  withShared(own, 'noColor')
}
