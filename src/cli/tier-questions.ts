import { membership } from '../import/ansible/inventory/groups.ts'
import type { AnsibleInventory } from '../import/ansible/inventory/model.ts'
import { nextTierQuestion } from '../import/ansible/translate/tier-questions.ts'
import { assignTiers, tierRules } from '../import/ansible/translate/tiers.ts'
import { nameProblem } from '../scaffold/answers.ts'
import type { Ask } from './ask.ts'

/**
 * Asks, group by group, which tier its hosts are in, as long as there are hosts without one.
 * @param known tiers of the site; none: it is made
 * @returns as `--tier` takes them
 */
export async function askTiers(inventory: AnsibleInventory, known: readonly string[], ask: Ask): Promise<string[]> {
  const members = membership(inventory)
  const words: string[] = []
  const answered: { readonly group: string; readonly tier: string }[] = []
  const seen = new Set<string>()
  const check = (answer: string): string | undefined => {
    if (answer === '-') return undefined
    if (known.length > 0 && !known.includes(answer)) return `site.yml has the tiers ${known.join(', ')}; - for none`
    return nameProblem('tier', answer)?.message
  }
  for (;;) {
    const done = new Set(assignTiers(tierRules(words).rules, inventory, members).tierOf.keys())
    const question = nextTierQuestion(inventory, done, seen, known)
    if (question === undefined) return words
    seen.add(question.group)
    const standard = known.length === 0 || known.includes(question.guess) ? question.guess : '-'
    const answer = await ask(`Tier of group ${question.group} (${question.shown}); - for none:`, standard, check)
    if (answer === '-') continue
    // Hosts that have a tier by now stay in it; by their groups, so that it holds for those that join later.
    const own = new Set(members.hostsOf(question.group))
    const others = answered.filter(
      ({ group, tier }) => tier !== answer && members.hostsOf(group).some((one) => own.has(one)),
    )
    words.push(`${answer}=${[question.group, ...others.map(({ group }) => `!${group}`)].join(',')}`)
    answered.push({ group: question.group, tier: answer })
  }
}

/** Groups to choose from, and how many hosts each has. */
export function tierHint(inventory: AnsibleInventory): string {
  const members = membership(inventory)
  const groups = [...inventory.groups.keys()].flatMap((group) => {
    const count = members.hostsOf(group).length
    return count === 0 ? [] : [`${group} (${count})`]
  })
  const shown = groups.length > 30 ? [...groups.slice(0, 29), `and ${groups.length - 29} more`] : groups
  return `groups and how many hosts each has: ${shown.join(', ')}`
}
