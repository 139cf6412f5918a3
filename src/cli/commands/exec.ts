import { type Command, InvalidArgumentError } from 'commander'
import { InputError } from '../../errors.ts'
import { lookCommand } from '../look-command.ts'

interface ExecFlags {
  readonly shell?: string
  readonly timeout?: number
}

const EXAMPLES = `
Examples:
  provision exec -i prod -l web -- systemctl status nginx
  provision exec -i prod -l 'web,!web3' --shell 'df -h / | tail -1'
  provision exec -i prod -l all --json -- uname -r

It runs as root, with the language C and nothing on standard input. No lock is taken and nothing is remembered: what it
changes, the next run finds. Ctrl-C ends it on the hosts too.

Exit status: 0 it ended with 0 on every host, else 1.`

const seconds = (value: string): number => {
  const number = Number(value)
  if (number > 0 && number <= 86_400) return number
  throw new InvalidArgumentError('It must be a number of seconds.')
}

/** `provision exec`: one command on some hosts. */
export const exec = lookCommand<ExecFlags>({
  name: 'exec',
  description: 'run a command as root on the hosts that --limit names; what it prints is shown as it comes',
  words: {
    syntax: '[command...]',
    description: 'the command and its arguments, after `--`; each is passed on as it is',
  },
  shares: ['forks', 'workers', 'loginPassword', 'becomePassword', 'programs'],
  examples: EXAMPLES,
  options: (command: Command) =>
    command
      .option('--shell <text>', 'in place of a command: text for sh, with pipes and the like')
      .option('--timeout <seconds>', 'end it after so long (default: never)', seconds),
  async carryOut(flags, argv, { options, speaking, print, json, line }) {
    if (options.limit.length === 0) {
      const hint = 'say on which hosts: --limit web; --limit all for every host'
      throw new InputError([{ message: 'exec runs on no host that is not named', hint }])
    }
    if ((flags.shell === undefined) === (argv.length === 0)) {
      const message = argv.length === 0 ? 'exec: no command is given' : 'exec: --shell and a command exclude each other'
      throw new InputError([{ message, hint: 'provision exec -l web -- uptime, or --shell TEXT' }])
    }
    const [{ lookAtHosts }, { onHosts }, { execOn, notBegun }, { execLines, groupsOf, troubleLines }] =
      await Promise.all([
        import('../../looking/read-inventory.ts'),
        import('../../looking/speak.ts'),
        import('../../looking/exec/exec.ts'),
        import('../../looking/exec/lines.ts'),
      ])
    const looked = await lookAtHosts(options)
    const command = flags.shell === undefined ? { argv } : { shell: flags.shell }
    const speak = speaking(flags)
    const single = looked.hosts.length === 1
    const width = Math.max(...looked.hosts.map(({ name }) => name.length))
    if (flags.json) json({ type: 'header', format: 'provision-exec', version: 1 })
    const all = await onHosts(
      looked,
      speak,
      async (host, access) => {
        const onLine = (text: string) =>
          flags.json
            ? json({ type: 'output', host: host.name, line: text })
            : line(single ? undefined : host.name, width, text)
        const done = await execOn(host, access, { ...speak, command, timeout: flags.timeout, onLine })
        const { output: _, digest: __, ...rest } = done
        if (flags.json) json({ type: 'host-finished', ...rest })
        return done
      },
      notBegun,
    )
    const failed = all.filter(({ status }) => status !== 0)
    if (flags.json) json({ type: 'exec-finished', groups: groupsOf(all), failed: failed.map(({ host }) => host) })
    else if (!single) print(execLines(all))
    else {
      const [one] = all
      print(troubleLines(all), 'err')
      if (one?.status) print([[{ text: `exit status ${one.status}`, tone: 'bad' }]], 'err')
    }
    return failed.length > 0 ? 1 : 0
  },
})
