import { lookCommand } from '../look-command.ts'

const EXAMPLES = `
Examples:
  provision ping -i prod               is everybody there?
  provision ping -i prod -l web --json

Exit status: 0 all hosts answer, 1 some do not.`

/** `provision ping`: log in, become root, ask. */
export const ping = lookCommand({
  name: 'ping',
  description: 'log in to each host and become root there: who answers, how fast, with which system; changes nothing',
  shares: ['forks', 'workers', 'loginPassword', 'becomePassword', 'programs'],
  examples: EXAMPLES,
  options: (command) => command,
  async carryOut(flags, _, edges) {
    const [{ lookAtHosts }, { onHosts }, { askHost, notAsked }, { pingLines }] = await Promise.all([
      import('../../looking/read-inventory.ts'),
      import('../../looking/speak.ts'),
      import('../../looking/facts.ts'),
      import('../../looking/facts-lines.ts'),
    ])
    const looked = await lookAtHosts(edges.options)
    const all = await onHosts(
      looked,
      edges.speaking(flags),
      (host, access) => askHost(host, access, { latency: true }),
      notAsked,
    )
    if (flags.json) for (const one of all) edges.json({ ...one, ok: one.failure === undefined })
    else edges.print(pingLines(all, new Map(looked.hosts.map((host) => [host.name, host]))))
    return all.some(({ failure }) => failure) ? 1 : 0
  },
})
