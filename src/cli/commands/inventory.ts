import { InputError } from '../../errors.ts'
import { commaList } from '../host-options.ts'
import { lookCommand } from '../look-command.ts'

interface InventoryFlags {
  readonly graph: boolean
  readonly list: boolean
  readonly host: readonly string[]
}

const EXAMPLES = `
Examples:
  provision inventory -i prod                    tiers, their roles and hosts, as a tree
  provision inventory -i prod --list -l web      hosts, one a line
  provision inventory -i prod --host web1        its vars: value, level, file and line
  provision inventory -i prod --json | jq '.hosts[].address'

No host is asked.`

/** `provision inventory`: what an inventory says, and where. */
export const inventory = lookCommand<InventoryFlags>({
  name: 'inventory',
  description: 'show what an inventory says: tiers, hosts, and each var with its value and where it was set',
  examples: EXAMPLES,
  options: (command) =>
    command
      .option('--graph', 'tiers and hosts as a tree (default)', false)
      .option('--list', 'hosts, one a line', false)
      .option('--host <hosts>', 'all vars of these hosts, each with where it was set; as --limit', commaList, []),
  async carryOut(flags, _, { options, print, json }) {
    const [{ lookAt }, { inventoryView }, lines, { inventoryJson }] = await Promise.all([
      import('../../looking/read-inventory.ts'),
      import('../../looking/inventory-view.ts'),
      import('../../looking/inventory-lines.ts'),
      import('../../looking/inventory-json.ts'),
    ])
    const forms = [flags.graph && '--graph', flags.list && '--list', flags.host.length > 0 && '--host'].filter(Boolean)
    if (forms.length > 1) throw new InputError([{ message: `${forms.join(' and ')}: one at a time` }])
    const { inventory, hosts, roles } = await lookAt(options, flags.host)
    const view = inventoryView(inventory, roles, hosts)
    if (flags.json) json(inventoryJson(view), 2)
    else if (flags.list) print(lines.listLines(view))
    else if (flags.host.length > 0) print(lines.joined(view.hosts.map(lines.hostLines)))
    else print(lines.graphLines(view))
    return 0
  },
})
