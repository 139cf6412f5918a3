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
  provision show FILE             a record that somebody handed over`

/** `provision show`: what an earlier run told. */
export const show: Register = (program, cli) => {
  const own = program.command('show')
  withShared(strict(own, program, cli, true), 'inventory').argument(
    '[run]',
    'name of a run or how it begins, latest, or a file',
    'latest',
  )
  verboseOption(withShared(diffOptions(own), 'project'))
    .option('--json', "print the run's events as JSON, one per line", false)
    .description('print an earlier run as its terminal did: plan, diffs, failures, result')
    .showHelpAfterError('(provision show --help shows every option)')
    .addHelpText('after', EXAMPLES)
    .action((run: string) =>
      finished(async () => {
        const flags = flagsOf<ShowFlags>(own, program)
        const { isRecordFile, showRecord } = await import('../show-record.ts')
        const isFile = existsSync(run)
        if (isFile && !(await isRecordFile(run))) {
          throw new InputError([{ message: `${run} is no record of a run`, hint: 'provision history lists them' }])
        }
        await showRecord(run, isFile, flags)
        return 0
      }),
    )
  withShared(own, 'noColor')
}
