import { ipFamily, nameHint, type Peer, ProvisionError } from 'provision'
import type { Instance, KeepalivedVars } from './vars.ts'

/** An instance as the template takes it. */
export interface InstanceView {
  readonly name: string
  readonly vrid: number
  readonly priority: number
  readonly vip: string
  readonly extras: readonly string[]
}

/**
 * The instances as one host has them.
 * @param members all hosts of the tier, in the order of the inventory: the same on each of them
 * @throws ProvisionError (input) for what would be no floating address, or one of two owners
 */
export function instanceViews(vars: KeepalivedVars, members: readonly Peer[], self: string): InstanceView[] {
  const instances = vars.keepalived_instances
  if (vars.keepalived_priority_owner <= vars.keepalived_priority_backup) {
    throw wrong('keepalived_priority_owner must be above keepalived_priority_backup')
  }
  unique(
    instances.map(({ name }) => name),
    'name',
  )
  unique(
    instances.map(({ vrid }) => String(vrid)),
    'vrid',
  )
  unique(instances.flatMap(addressesOf).map(plain), 'address')
  return instances.map((instance) => {
    checkInstance(instance, members)
    return {
      name: instance.name,
      vrid: instance.vrid,
      priority: priorityOf(instance, vars, members, self),
      vip: instance.vip,
      extras: instance.extra_vips,
    }
  })
}

/** All of them, without the prefix of their network. */
export const floatingAddresses = ({ keepalived_instances: instances }: KeepalivedVars): string[] =>
  instances.flatMap(addressesOf).map(plain)

const addressesOf = ({ vip, extra_vips }: Instance): string[] => [vip, ...extra_vips]
const plain = (address: string): string => address.replace(/\/.*$/, '')

/** The owner first, then the others in the order of the inventory, so that no two are alike. */
function priorityOf({ owner }: Instance, vars: KeepalivedVars, members: readonly Peer[], self: string): number {
  if (owner === self) return vars.keepalived_priority_owner
  const others = members.filter(({ name }) => name !== owner)
  return Math.max(1, vars.keepalived_priority_backup - others.findIndex(({ name }) => name === self))
}

function checkInstance(instance: Instance, members: readonly Peer[]): void {
  const at = `keepalived_instances: '${instance.name}'`
  const names = members.map(({ name }) => name)
  if (!names.includes(instance.owner)) {
    throw wrong(`${at}: the tier has no host '${instance.owner}'`, nameHint(instance.owner, names))
  }
  for (const address of addressesOf(instance)) {
    if (ipFamily(plain(address)) === undefined) throw wrong(`${at}: ${address} is no address`)
    const holder = members.find((member) => member.address === plain(address))
    if (holder)
      throw wrong(`${at}: ${plain(address)} is the address of ${holder.name} itself`, 'a floating one is of its own')
  }
}

function unique(values: readonly string[], what: string): void {
  const twice = values.find((value, i) => values.indexOf(value) < i)
  if (twice !== undefined) throw wrong(`keepalived_instances: the ${what} ${twice} is there twice`)
}

export const wrong = (message: string, hint?: string): ProvisionError =>
  new ProvisionError(message, { code: 'input', hint })
