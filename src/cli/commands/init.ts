import { existsSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { NewHost } from '../../scaffold/answers.ts'
import type { MadeProject, NewProject } from '../../scaffold/init.ts'
import type { Ask } from '../ask.ts'
import type { Register } from '../command.ts'
import { finished, say } from '../finished.ts'
import { collect } from '../host-options.ts'

interface Flags {
  readonly inventory: string
  readonly host: readonly string[]
  readonly tier?: string
  readonly user?: string
  readonly port?: number
  readonly identityFile?: string
  readonly admin?: string
  readonly adminKey?: string
  readonly contact?: string
  readonly timezone: string
  readonly yes: boolean
}

const EXAMPLES = `
On a terminal it asks for what is not given. Nothing that is there is written over.

Examples:
  provision init                                               here; asks
  provision init servers --host web1=192.0.2.11 --host db1=192.0.2.51 --user root --yes`

/** `provision init`: a project to begin with. */
export const init: Register = (program) => {
  const command = program
    .command('init [folder]')
    .summary('make a project: hosts, site, vars, an age key, a first role with its test')
    .description(
      'Make a project: package.json, hosts.yml, site.yml, group_vars, .gitignore, settings of editors, a first role with\n' +
        'its template and its test; and an age key outside of the project, where you have none.',
    )
  options(command)
    .addHelpText('after', EXAMPLES)
    .allowExcessArguments(false)
    .showHelpAfterError('(provision init --help shows every option)')
    .action((folder: string | undefined, flags: Flags) =>
      finished(async () => {
        const root = resolve(folder ?? '.')
        const [{ initProject }, { takeKeySources }, { createAsker }] = await Promise.all([
          import('../../scaffold/init.ts'),
          import('../../inventory/sops/identities.ts'),
          import('../ask.ts'),
        ])
        const keys = takeKeySources(process.env, homedir())
        const project = await projectOf(root, flags, createAsker(flags.yes))
        const done = await initProject(project, keys, say)
        tell(project, done)
        return 0
      }),
    )
}

const options = (command: Command): Command =>
  command
    .option('-i, --inventory <name>', 'name of the inventory', 'prod')
    .option('--host <name=address>', 'a host, e.g. web1=192.0.2.11; commas or repeated', collect, [])
    .option('--tier <name>', 'tier of all these hosts (default: their names without the number: web1 → web)')
    .option('-u, --user <name>', 'login name: root, or who may become root by sudo (default: root)')
    .option('--port <n>', 'port of sshd (default: 22)', portOf)
    .option('--identity-file <path>', 'private key to log in with (default: the agent, then ~/.ssh/id_*)')
    .option('--admin <name>', 'an administrator who is made on every host, with the key of --admin-key')
    .option('--admin-key <file>', 'file with public keys (default: ~/.ssh/id_*.pub)')
    .option('--contact <text>', 'whom to ask about these hosts; shown at each login')
    .option('--timezone <zone>', 'zone of the hosts', 'Etc/UTC')
    .option('-y, --yes', 'ask nothing', false)

function portOf(value: string): number {
  const port = Number(value)
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.')
}

/** @param ask undefined: there is nobody to ask */
async function projectOf(root: string, flags: Flags, ask: Ask | undefined): Promise<NewProject> {
  const [{ nameProblem }, { hostsFile }, keys, { InputError }] = await Promise.all([
    import('../../scaffold/answers.ts'),
    import('../../scaffold/init.ts'),
    import('../../scaffold/public-keys.ts'),
    import('../../errors.ts'),
  ])
  const given = [
    nameProblem('inventory', flags.inventory),
    ...(flags.tier === undefined ? [] : [nameProblem('tier', flags.tier)]),
    ...(flags.user === undefined ? [] : [nameProblem('user', flags.user)]),
    ...(flags.admin === undefined ? [] : [nameProblem('user', flags.admin)]),
  ].flatMap((problem) => problem ?? [])
  if (given.length > 0) throw new InputError(given)

  const hosts = await newHosts(existsSync(join(root, hostsFile(flags.inventory))), flags, ask)
  const isUser = (name: string): string | undefined => nameProblem('user', name)?.message
  const askFor = hosts.length > 0 ? ask : undefined
  const user =
    flags.user ?? (await askFor?.('Log in as (root, or who may become root by sudo):', 'root', isUser)) ?? 'root'
  const publicKeys =
    flags.adminKey === undefined ? await keys.ownPublicKeys(homedir()) : await keys.publicKeysIn(flags.adminKey)
  const name =
    flags.admin ??
    (publicKeys.length === 0
      ? ''
      : await askFor?.(
          'An administrator to make on each host, with your public key (- for none):',
          userInfo().username === 'root' ? '-' : userInfo().username,
          (answer) => (answer === '-' ? undefined : isUser(answer)),
        )) ??
    ''
  if (flags.admin !== undefined && publicKeys.length === 0) {
    throw new InputError([
      { message: `there is no key for ${name}: no ~/.ssh/id_*.pub`, hint: 'give the file: --admin-key' },
    ])
  }
  const contact =
    flags.contact ??
    (await askFor?.('Whom to ask about these hosts (shown at each login):', 'its administrators')) ??
    'its administrators'
  return {
    root,
    inventory: flags.inventory,
    hosts,
    user,
    port: flags.port,
    identityFile:
      flags.identityFile && (flags.identityFile.startsWith('~') ? flags.identityFile : resolve(flags.identityFile)),
    admin: name === '' || name === '-' ? undefined : { name, keys: publicKeys },
    timezone: flags.timezone,
    contact,
  }
}

async function newHosts(isThere: boolean, { host, tier }: Flags, ask: Ask | undefined): Promise<NewHost[]> {
  const [{ hostsOf }, { InputError }] = await Promise.all([
    import('../../scaffold/answers.ts'),
    import('../../errors.ts'),
  ])
  if (host.length > 0) return hostsOf(host, tier)
  if (isThere) return []
  const check = (text: string): string | undefined => {
    try {
      return hostsOf([text], tier).length === 0 ? 'one at least' : undefined
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return error.problems.map(({ message, hint }) => `${message}${hint === undefined ? '' : `: ${hint}`}`).join('; ')
    }
  }
  const answer = await ask?.('Hosts, as name=address with commas between (web1=192.0.2.11, db1=192.0.2.51):', '', check)
  if (answer !== undefined) return hostsOf([answer], tier)
  throw new InputError([{ message: 'no host was given', hint: 'add --host web1=192.0.2.11, once for each' }])
}

function tell({ root, inventory }: NewProject, { made, kept, dependency }: MadeProject): void {
  for (const file of made) say(`made ${file}`)
  for (const file of kept) say(`left as it is: ${file}`)
  if (dependency.local !== undefined) {
    say(`package.json takes provision from ${dependency.local}: whoever else works here needs that file too`)
  }
  const here = relative(process.cwd(), root)
  say('')
  const next: readonly (readonly [command: string, what: string])[] = [
    ...(here === '' ? [] : [[`cd ${here}`, ''] as const]),
    ['npm install', ''],
    ['npm test', 'the role of this project, without a host'],
    [`npx provision trust -i ${inventory}`, 'the keys of the hosts, to be compared and recorded'],
    [`npx provision -i ${inventory} --check`, 'what would change; it changes nothing'],
  ]
  const width = Math.max(...next.map(([command]) => command.length))
  say('next:')
  for (const [command, what] of next) say(`  ${command.padEnd(width)}  ${what}`.trimEnd())
}
