import { createRenderer } from '../render/index.ts'
import type { SealedPlan } from '../sealed/format.ts'
import { readPlan } from '../sealed/plan-file.ts'
import { ago, minute } from '../sealed/validity.ts'
import type { HostFlags } from './host-options.ts'
import { wantsColor } from './main.ts'

export type ShowPlanFlags = Pick<HostFlags, 'diff' | 'json' | 'color'> & Partial<Pick<HostFlags, 'verbose'>>

/** Prints a kept plan as the terminal did that it was made on. It needs no project, no secret and no host. */
export async function showPlan(path: string, flags: ShowPlanFlags): Promise<void> {
  const { plan } = await readPlan(path)
  const { stdout } = process
  if (!flags.json) stdout.write(`${aboutPlan(plan, new Date()).join('\n')}\n\n`)
  const renderer = await createRenderer(flags.json ? 'json' : 'plain', {
    out: stdout,
    err: stdout,
    color: wantsColor(flags),
    columns: stdout.columns ?? 120,
    diff: flags.diff !== false,
    full: flags.diff === 'full',
    verbosity: flags.verbose ?? 0,
  })
  for (const event of plan.events) renderer.event(event)
  await renderer.finish()
}

/** What it is, of when, by whom, until when. */
export function aboutPlan(plan: SealedPlan, now: Date): string[] {
  const { inventory, limit, tags, skipTags, tiers, vars, upgrade, switchoverTo } = plan.options
  const left = Date.parse(plan.until) - now.getTime()
  const how = [
    ...(upgrade ? ['upgrade'] : []),
    ...(limit.length > 0 ? [`limit ${limit.join(', ')}`] : []),
    ...(tiers.length > 0 ? [`tiers ${tiers.join(', ')}`] : []),
    ...(tags.length > 0 ? [`roles ${tags.join(', ')}`] : []),
    ...(skipTags.length > 0 ? [`without roles ${skipTags.join(', ')}`] : []),
    ...(switchoverTo === undefined ? [] : [`switchover to ${switchoverTo}`]),
    ...vars.map((one) => `var ${one}`),
  ]
  return [
    `plan ${plan.id.slice(0, 12)} of inventory ${inventory}${how.length > 0 ? ` (${how.join('; ')})` : ''}`,
    `made ${minute(plan.made)} by ${plan.by}, provision ${plan.provision}`,
    left > 0
      ? `may be applied until ${minute(plan.until)}: ${ago(left)} from now`
      : `expired ${ago(-left)} ago, on ${minute(plan.until)}: it can be read, and not applied`,
  ]
}
