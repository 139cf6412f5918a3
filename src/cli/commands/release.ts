import { basename, resolve } from 'node:path'
import { messageOf, ProvisionError } from '../../errors.ts'
import type { Register } from '../command.ts'

const EXAMPLES = `
Examples:
  provision release build app/ --version 1.4.3           dist/app-1.4.3.tar.gz, the same bytes each time
  provision release set -i prod dist/app-1.4.3.tar.gz    app_version, app_artifact.path and app_artifact.sha256
  provision -i prod --check                              what it would change`

/** `provision release`: what is done with releases on this machine. */
export const release: Register = (program) => {
  const group = program
    .command('release')
    .summary('releases of role app: build, set (provision release --help)')
    .description('Releases of role app: pack one, and declare it.')
    .allowExcessArguments(false)
    .showHelpAfterError('(provision release --help shows how)')
    .addHelpText('after', EXAMPLES)

  group
    .command('build <folder>')
    .description("pack a folder as a release's archive; the same content gives the same bytes")
    .requiredOption('--version <version>', 'its version')
    .option('--out <file>', 'the archive (default: dist/FOLDER-VERSION.tar.gz)')
    .action((folder: string, { version, out }: { version: string; out?: string }) =>
      finished(async () => {
        const { buildRelease } = await import('../../releases/build.ts')
        const built = await buildRelease({ folder, out: out ?? `dist/${basename(resolve(folder))}-${version}.tar.gz` })
        say(`${built.path}  ${built.files} files, ${Math.ceil(built.bytes / 1024)} KiB, SHA-256 ${built.sha256}`)
        say(`next: provision release set -i INVENTORY ${built.path} --version ${version}`)
      }),
    )

  group
    .command('set <archive>')
    .description('declare a release: sets app_version and app_artifact in the vars of an inventory')
    .requiredOption('-i, --inventory <name>', 'inventory whose vars to set')
    .option('--version <version>', 'its version (default: from the name of the archive)')
    .option('--file <name>', 'file of vars, e.g. group_vars/app (default: the one that sets app_version)')
    .option('-C, --project <dir>', 'folder that holds inventories/ (default: the current one)', '.')
    .action((archive: string, flags: { inventory: string; version?: string; file?: string; project: string }) =>
      finished(async () => {
        const { setRelease } = await import('../../releases/set.ts')
        const done = await setRelease({ ...flags, root: resolve(flags.project), archive })
        say(`${done.file}: app_version ${done.before === undefined ? '' : `${done.before} → `}${done.version}`)
        say(`next: provision -i ${flags.inventory} --check`)
      }),
    )
}

/** Sets the exit status: 0 done, 1 not. */
async function finished(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const hint = error instanceof ProvisionError && error.hint !== undefined ? `\n→ ${error.hint}` : ''
    process.stderr.write(`${messageOf(error)}${hint}\n`)
    process.exitCode = 1
  }
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
