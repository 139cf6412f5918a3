import { lookCommand } from '../look-command.ts'

const EXAMPLES = `
Examples:
  provision facts -i prod                    a host a line
  provision facts -i prod web1 db1 --json    all that is known of two hosts

They are what roles get as facts. Exit status: 0 all hosts answered, 1 some did not.`

/** `provision facts`: what hosts are. */
export const facts = lookCommand({
  name: 'facts',
  description: 'ask hosts what they are: system, size, addresses; changes nothing',
  words: { syntax: '[hosts...]', description: 'names, tiers, globs, as --limit takes them (default: all)' },
  shares: ['forks', 'workers', 'loginPassword', 'becomePassword', 'programs'],
  examples: EXAMPLES,
  options: (command) => command,
  async carryOut(flags, hosts, edges) {
    const [{ lookAtHosts }, { onHosts }, { askHost, notAsked }, { factsLines }, { factsCache }] = await Promise.all([
      import('../../looking/read-inventory.ts'),
      import('../../looking/speak.ts'),
      import('../../looking/facts.ts'),
      import('../../looking/facts-lines.ts'),
      import('../../facts/cache.ts'),
    ])
    const looked = await lookAtHosts(edges.options, hosts)
    // The next run need not ask for them first.
    const cache = factsCache(looked.inventory.dir)
    const all = await onHosts(
      looked,
      edges.speaking(flags),
      async (host, access) => {
        const probed = await askHost(host, access, { latency: false })
        if (probed.facts) await cache.write(host.name, probed.facts)
        return probed
      },
      notAsked,
    )
    if (flags.json) for (const { login: _, ...one } of all) edges.json(one)
    else edges.print(factsLines(all))
    return all.some(({ failure }) => failure) ? 1 : 0
  },
})
