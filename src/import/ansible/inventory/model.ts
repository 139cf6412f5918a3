import type { Declaration } from '../parse/declaration.ts'
import type { AnsibleVar, AnsibleVars, Place } from '../parse/value.ts'

export interface AnsibleHost {
  readonly name: string
  readonly at: Place
  /** Groups that name it themselves. */
  readonly groups: readonly string[]
  /** Of the inventory's own files; not of host_vars. */
  readonly vars: AnsibleVars
}

export interface AnsibleGroup {
  readonly name: string
  readonly at: Place
  readonly children: readonly string[]
  readonly vars: AnsibleVars
}

/** A file of group_vars or host_vars. */
export interface VarsFile {
  readonly file: string
  readonly of: 'group' | 'host'
  /** Of the group or host. */
  readonly name: string
  /** Beside the inventory, or beside the playbooks: these rank higher. */
  readonly beside: 'inventory' | 'playbooks'
  readonly vars: AnsibleVars
}

/** An inventory as Ansible has it once all sources are read. */
export interface AnsibleInventory {
  readonly hosts: ReadonlyMap<string, AnsibleHost>
  /** With `all`; `ungrouped` is left out: nobody says anything of it. */
  readonly groups: ReadonlyMap<string, AnsibleGroup>
  /** In the order in which they count: the later over the earlier of the same rank. */
  readonly varsFiles: readonly VarsFile[]
}

interface MutableHost {
  name: string
  at: Place
  groups: Set<string>
  vars: Map<string, AnsibleVar>
}
interface MutableGroup {
  name: string
  at: Place
  children: Set<string>
  vars: Map<string, AnsibleVar>
}

/** Says all sources one after the other: the later wins, as in Ansible. */
export function foldInventory(declarations: readonly Declaration[], varsFiles: readonly VarsFile[]): AnsibleInventory {
  const hosts = new Map<string, MutableHost>()
  const groups = new Map<string, MutableGroup>()
  const nowhere: Place = { file: '', line: 0 }
  const groupOf = (name: string, at: Place): MutableGroup => {
    const known = groups.get(name) ?? { name, at, children: new Set(), vars: new Map() }
    groups.set(name, known)
    return known
  }
  const hostOf = (name: string, at: Place): MutableHost => {
    const known = hosts.get(name) ?? { name, at, groups: new Set(), vars: new Map() }
    hosts.set(name, known)
    return known
  }
  groupOf('all', nowhere)
  for (const one of declarations) {
    if (one.is === 'group') groupOf(one.group, one.at)
    else if (one.is === 'host') {
      const host = hostOf(one.host, one.at)
      if (one.group !== undefined) host.groups.add(one.group)
    } else if (one.is === 'child') {
      groupOf(one.group, one.at).children.add(one.child)
      groupOf(one.child, one.at)
    } else if (one.is === 'group var') groupOf(one.group, one.value.at).vars.set(one.name, one.value)
    else hostOf(one.host, one.value.at).vars.set(one.name, one.value)
  }
  return {
    hosts: new Map([...hosts].map(([name, host]) => [name, { ...host, groups: [...host.groups] }])),
    groups: new Map([...groups].map(([name, group]) => [name, { ...group, children: [...group.children] }])),
    varsFiles,
  }
}
