import { InputError } from '../../errors.ts'
import { flagsOf, type Register, strict } from '../command.ts'
import { finished } from '../finished.ts'
import { changeOptions, diffOptions, type HostFlags, withShared } from '../host-options.ts'
import { switchoverTo } from './switchover-to.ts'

const EXAMPLES = `
Examples:
  provision plan -i prod --out release.plan   makes a plan
  provision show release.plan                 prints it, anywhere
  provision apply release.plan                applies exactly that, once; what has moved since is left alone

What the plan was asked for (inventory, hosts, roles, vars) is in it: apply takes none of that.`

/** What it takes of {@link HostFlags}: all but what the plan says. */
type ApplyFlags = Omit<HostFlags, 'check' | 'limit' | 'tags' | 'skipTags' | 'var'>

/** `provision apply`: a plan that was kept, and nothing else. */
export const apply: Register = (program, cli) => {
  const own = program.command('apply')
  strict(own, program, cli, true).argument('<file>', 'a plan that provision plan --out made')
  diffOptions(withShared(own, 'forks', 'workers', 'loginPassword', 'becomePassword', 'project'), '')
  changeOptions(own)
    .description('apply a plan that was kept: exactly what it shows; a host on which something has moved is left alone')
    .showHelpAfterError('(provision apply --help shows every option)')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string) => {
      const { readPlan } = await import('../../sealed/plan-file.ts')
      await finished(async () => {
        const kept = await readPlan(file)
        const { options } = kept.plan
        const { inventory: named, ...flags } = flagsOf<ApplyFlags>(own, program)
        const given: HostFlags = { ...flags, check: false, limit: [], tags: [], skipTags: [], var: [] }
        const { inventory, limit, tags, skipTags, vars } = options
        if (named !== undefined && named !== inventory) {
          const hint = 'apply takes the inventory from the plan: leave --inventory out'
          throw new InputError([{ message: `${file} is a plan of inventory ${inventory}, not of ${named}`, hint }])
        }
        return cli.start(
          { ...given, inventory, limit, tags, skipTags, var: vars },
          {
            name: 'apply',
            again: [file],
            given,
            unasked: true,
            async carryOut(input, edges) {
              const { applyPlan } = await import('../apply-plan.ts')
              return applyPlan({ ...input, switchover: await switchoverTo.request(options, cli) }, edges, kept)
            },
          },
        )
      })
    })
}
