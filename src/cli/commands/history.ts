import { InvalidArgumentError } from 'commander'
import { flagsOf, type Register, strict } from '../command.ts'
import { finished, say } from '../finished.ts'
import { commaList, type HostFlags, withShared } from '../host-options.ts'

interface HistoryFlags extends Pick<HostFlags, 'inventory' | 'project' | 'color' | 'json'> {
  readonly host: readonly string[]
  readonly resource: readonly string[]
  readonly last: number
}

const EXAMPLES = `
Examples:
  provision history -i prod                     the last runs of an inventory, also dry ones
  provision history --host web1                 what became of a host
  provision history -i prod --resource nginx    who changed anything of nginx, when and where
  provision show 9f2c                           one of them, as its terminal had it

Records lie where site.yml says (records:), or in the user's state folder: docs/records.md.`

/** Runs that are shown unless `--last` says otherwise. */
const LAST = 20

/** `provision history`: the runs of a project. */
export const history: Register = (program, cli) => {
  const own = program.command('history')
  withShared(strict(own, program, cli), 'inventory')
    .option('--host <names>', 'only runs that these hosts were in; commas or repeated', commaList, [])
    .option('--resource <keys>', 'only runs that changed such resources: a part of a key is enough', commaList, [])
    .option('-n, --last <n>', `runs at most (default: ${LAST})`, aNumber, LAST)
  withShared(own, 'project')
    .option('--json', 'print JSON, one run per line', false)
    .description('list earlier runs: who, when, with which words, and how they ended')
    .showHelpAfterError('(provision history --help shows every option)')
    .addHelpText('after', EXAMPLES)
    .action(() =>
      finished(async () => {
        const flags = flagsOf<HistoryFlags>(own, program)
        const [{ findRecords, readRecords }, { selected }, lines, { historyJson }, { paint }, { wantsColor }] =
          await Promise.all([
            import('../../looking/history/find.ts'),
            import('../../looking/history/select.ts'),
            import('../../looking/history/lines.ts'),
            import('../../looking/history/json.ts'),
            import('../../render/format/line.ts'),
            import('../main.ts'),
          ])
        const found = await findRecords(flags)
        const filter = { hosts: flags.host, resources: flags.resource }
        const { fitting, unreadable } = await readRecords(found, (one) => selected(one, filter), flags.last)
        const note = lines.unreadableText(unreadable)
        if (note !== undefined) process.stderr.write(`${note}\n`)
        if (flags.json) for (const one of fitting) say(JSON.stringify(historyJson(one)))
        else if (fitting.length === 0) say(`no such run in ${found.folders.join(', ')}`)
        else {
          const isDetailed = flags.host.length > 0 || flags.resource.length > 0
          for (const line of lines.historyLines(fitting, isDetailed)) say(paint(line, wantsColor(flags)))
        }
        return 0
      }),
    )
  withShared(own, 'noColor')
}

function aNumber(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number >= 1) return number
  throw new InvalidArgumentError('It must be a whole number from 1.')
}
