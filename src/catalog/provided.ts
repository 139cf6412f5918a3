import {
  type Contract,
  isContract,
  isOffer,
  type Offer,
  type Provided,
  type ProvidedBy,
} from '../contracts/contract.ts'
import { type Problem, ProvisionError } from '../errors.ts'
import type { Host, Inventory } from '../inventory/inventory.ts'
import { nameHint } from '../problems/nearest.ts'
import { unnested } from './nested.ts'
import type { PlaceOf } from './places.ts'
import type { ProvidesInput, Role, VarsOf } from './role.ts'
import { roleProblem } from './role-resources.ts'
import type { RoleVarsReader } from './role-vars.ts'

export interface Provisions {
  /** What is wrong with what a role provides of a host. */
  problems(role: Role, host: Host): readonly Problem[]
  /**
   * All that was provided under a contract, in the order of the inventory.
   * @throws ProvisionError (input) when there is no such tier, group or host, or another contract of that name
   */
  provided<T extends object>(contract: Contract<T>, by?: ProvidedBy): readonly Provided<T>[]
}

interface Answered {
  readonly all: readonly Provided[]
  readonly byTier: ReadonlyMap<string, readonly Provided[]>
  readonly byHost: ReadonlyMap<string, readonly Provided[]>
}

interface RoleOffers {
  readonly offers: readonly Offer[]
  readonly problems: readonly Problem[]
}

/** What the roles of all hosts tell each other: each role is asked once for each host, when somebody first wants to know. */
export function provisionsOf(
  inventory: Inventory,
  roles: ReadonlyMap<string, Role>,
  reader: RoleVarsReader,
  placeOf: PlaceOf,
): Provisions {
  const offersByRole = new Map<Role, Map<Host, RoleOffers>>()
  const ask = (role: Role, host: Host): RoleOffers => {
    const ofRole = offersByRole.get(role) ?? new Map<Host, RoleOffers>()
    offersByRole.set(role, ofRole)
    const known = ofRole.get(host) ?? offersOf(role, host, reader, placeOf)
    ofRole.set(host, known)
    return known
  }
  const rolesOf = new Map(
    inventory.tiers.map((tier) => [tier.name, tier.roles.flatMap((name) => roles.get(name) ?? [])]),
  )
  const names = new Set(inventory.hosts.map(({ name }) => name))
  const groups = new Set(inventory.groups.map(({ name }) => name))

  let everything: ReadonlyMap<string, readonly (Provided & Pick<Offer, 'contract'>)[]> | undefined
  const byName = () => {
    everything ??= grouped(
      inventory.hosts.flatMap((host) => {
        const { name, tier, address } = host
        const shown = { name, tier, groups: host.groups, address }
        return (rolesOf.get(tier) ?? []).flatMap((role) =>
          ask(role, host).offers.map(({ contract, value }) => ({ contract, value, host: shown, role: role.name })),
        )
      }),
      ({ contract }) => contract,
    )
    return everything
  }

  // By the contract itself, which says of what type the values are.
  const answers = new WeakMap<Contract, Answered>()
  const answerTo = (contract: Contract): Answered => {
    const known = answers.get(contract)
    if (known !== undefined) return known
    const all = (byName().get(contract.name) ?? []).map(({ host, role, value }): Provided => {
      const problem = contract.problem(value)
      if (problem === undefined) return { host, role, value }
      throw new ProvisionError(
        `role '${role}' provides something else under the name of the contract '${contract.name}': ${problem}`,
        { code: 'input', hint: 'a contract is made in one file, which the roles on both ends import' },
      )
    })
    const made = { all, byTier: grouped(all, ({ host }) => host.tier), byHost: grouped(all, ({ host }) => host.name) }
    answers.set(contract, made)
    return made
  }

  return {
    problems: (role, host) => ask(role, host).problems,
    provided<T extends object>(contract: Contract<T>, { tier, group, host }: ProvidedBy = {}) {
      if (!isContract(contract)) {
        throw new ProvisionError('provided(): that is no contract', {
          code: 'input',
          hint: 'contract(name, fields) makes one',
        })
      }
      if (tier !== undefined && !rolesOf.has(tier)) throw unknown('tier', tier, [...rolesOf.keys()])
      if (group !== undefined && !groups.has(group)) throw unknown('group', group, [...groups])
      if (host !== undefined && !names.has(host)) throw unknown('host', host, [...names])
      const { all, byTier, byHost } = answerTo(contract)
      const found = host !== undefined ? byHost.get(host) : tier !== undefined ? byTier.get(tier) : all
      return (found ?? []).filter(
        (one): one is Provided<T> =>
          (tier === undefined || one.host.tier === tier) && (group === undefined || one.host.groups.includes(group)),
      )
    },
  }
}

const unknown = (what: string, name: string, known: readonly string[]): ProvisionError =>
  new ProvisionError(`provided(): there is no ${what} '${name}'`, { code: 'input', hint: nameHint(name, known) })

function offersOf(role: Role, host: Host, reader: RoleVarsReader, placeOf: PlaceOf): RoleOffers {
  if (role.provides === undefined) return { offers: [], problems: [] }
  try {
    const { name, tier, groups, address, connection } = host
    const input: ProvidesInput<VarsOf<Role['vars']>> = {
      host: { name, tier, groups, address, sshPort: connection.port },
      vars: reader.read(role, host).vars,
    }
    const offers = unnested(role.provides(input))
    const stranger = offers.findIndex((one) => !isOffer(one))
    if (stranger >= 0) {
      throw new ProvisionError(`element ${stranger + 1} of what provides() returns was not made by a contract`, {
        code: 'input',
        hint: 'e.g. scrape.of({ … })',
      })
    }
    return { offers: offers.filter(isOffer), problems: [] }
  } catch (error) {
    return { offers: [], problems: [roleProblem(error, role, host, placeOf)] }
  }
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}
