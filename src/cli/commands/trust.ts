import type { ShownFinding } from '../../trust/findings.ts'
import { collect } from '../host-options.ts'
import { lookCommand } from '../look-command.ts'

interface TrustFlags {
  readonly expect?: string
  readonly replace: readonly string[]
  readonly acceptUnverified: boolean
}

const EXAMPLES = `
Examples:
  provision trust -i prod                        fingerprints of the hosts that are not known yet, then a question
  provision trust -i prod --expect hosts.keys    those that are as the list has them are recorded, the others asked for
  provision trust -i prod --replace web1         its key has changed: the old one goes, once the new one is compared
  dig +noall +answer SSHFP web1.example.org >keys && provision trust -i prod --expect keys

Without a terminal nothing is recorded but what a list has, or --accept-unverified.
Exit status: 0 all hosts are known, 2 keys are left that nobody has compared, 1 one has changed, or a host does not answer.`

/** `provision trust`: host keys are shown, compared and recorded. */
export const trust = lookCommand<TrustFlags>({
  name: 'trust',
  description: 'show the host keys of hosts that are not known yet, to be compared, and record them in known_hosts',
  shares: ['forks'],
  examples: EXAMPLES,
  options: (command) =>
    command
      .option('--expect <file>', 'keys to compare with: known_hosts, lines of ssh-keygen -l, or SSHFP records')
      .option('--replace <host>', 'a host whose changed key may take the place of the old one; repeated', collect, [])
      .option(
        '--accept-unverified',
        'record keys that nobody has compared: for labs, where nobody can listen in',
        false,
      ),
  async carryOut(flags, _, { options, print, json }) {
    const [{ lookAt }, { trust }, { trustLines, recordedLines, trustJson }, { printable }] = await Promise.all([
      import('../../looking/read-inventory.ts'),
      import('../../trust/trust.ts'),
      import('../../trust/lines.ts'),
      import('../../render/format/line.ts'),
    ])
    const { inventory, hosts } = await lookAt(options)
    const { expect: list, replace, acceptUnverified: unverified, forks = 25 } = flags
    return trust(
      {
        hosts,
        all: inventory.hosts,
        list,
        replace,
        unverified,
        forks,
        env: process.env,
        askPassphrase: options.askPassphrase,
      },
      {
        // Not among the lines of the table, nor of the JSON.
        warn: (message) => void process.stderr.write(`warning: ${printable(message)}\n`),
        found: (findings, decision) => flags.json || print(trustLines(findings, decision, list)),
        choose: flags.json || !process.stdin.isTTY || !process.stderr.isTTY ? undefined : choose,
        recorded: (recorded, left) => flags.json || print(recordedLines(recorded, left)),
        done: (findings, recorded) => flags.json && json(trustJson(findings, recorded), 2),
      },
    )
  },
})

/** All, none, or those that are named; nothing is taken for yes but that word. */
async function choose(open: readonly ShownFinding[]): Promise<readonly ShownFinding[]> {
  const { default: input } = await import('@inquirer/input')
  const { meantOf } = await import('../../trust/meant.ts')
  const names = open.map(({ host }) => host.name)
  const message = `record ${names.length === 1 ? 'this key' : `these ${names.length} keys`}? yes, no${names.length > 1 ? ', or the hosts whose keys are right' : ''}:`
  const validate = (answer: string) => {
    const meant = meantOf(answer, names)
    return typeof meant === 'string' ? meant : true
  }
  const meant = meantOf(await input({ message, validate }, { output: process.stderr }), names)
  return typeof meant === 'string' ? [] : open.filter(({ host }) => meant.includes(host.name))
}
