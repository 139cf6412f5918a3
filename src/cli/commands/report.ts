import { existsSync } from 'node:fs'
import { flagsOf, type Register, strict } from '../command.ts'
import { finished, say } from '../finished.ts'
import { type HostFlags, withShared } from '../host-options.ts'

interface ReportFlags extends Pick<HostFlags, 'inventory' | 'project'> {
  readonly out: string
}

const EXAMPLES = `
Examples:
  provision report --out report.html            the newest run of the project
  provision report 9f2c --out report.html       a run that provision history lists
  provision report FILE --out -                 of a record that somebody handed over, to standard output

The file works offline and has no scripts in it.`

/** `provision report`: an earlier run as a page. */
export const report: Register = (program, cli) => {
  const own = program.command('report')
  withShared(strict(own, program, cli, true), 'inventory')
    .argument('[run]', 'name of a run or how it begins, latest, or a file', 'latest')
    .requiredOption('-o, --out <file>', 'the page; - is standard output')
  withShared(own, 'project')
    .description('an earlier run as a page for a browser: hosts, failures, timeline, what took the time, diffs')
    .showHelpAfterError('(provision report --help shows every option)')
    .addHelpText('after', EXAMPLES)
    .action((run: string) =>
      finished(async () => {
        const flags = flagsOf<ReportFlags>(own, program)
        const [{ recordIn, recordNamed }, { reportOf }, { writeFile }] = await Promise.all([
          import('../show-record.ts'),
          import('../../report/report.ts'),
          import('node:fs/promises'),
        ])
        const page = await reportOf(await (existsSync(run) ? recordIn(run) : recordNamed(run, flags)))
        if (flags.out === '-') process.stdout.write(page)
        else {
          // A record is for who began the run; so is what is made of it, until they hand it on.
          await writeFile(flags.out, page, { mode: 0o600 })
          say(flags.out)
        }
        return 0
      }),
    )
}
