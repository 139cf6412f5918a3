import type { AnsibleVar, Place } from './value.ts'

/** What one source of an inventory says, one thing after the other: sources are merged by saying all of it in turn. */
export type Declaration =
  | { readonly is: 'group'; readonly group: string; readonly at: Place }
  | { readonly is: 'host'; readonly host: string; readonly group: string | undefined; readonly at: Place }
  | { readonly is: 'child'; readonly group: string; readonly child: string; readonly at: Place }
  | { readonly is: 'group var'; readonly group: string; readonly name: string; readonly value: AnsibleVar }
  | { readonly is: 'host var'; readonly host: string; readonly name: string; readonly value: AnsibleVar }

/** Something that was there and could not be read, or that Ansible passes over. */
export interface Trouble {
  readonly at: Place
  readonly message: string
}

export interface Parsed {
  readonly declarations: readonly Declaration[]
  /** What Ansible would warn of and go on. */
  readonly skipped: readonly Trouble[]
  /** Why Ansible would not take the source at all. */
  readonly problems: readonly Trouble[]
}

export const nothing: Parsed = { declarations: [], skipped: [], problems: [] }

/** Host lines of any format: the hosts of a pattern, each in the group, with a port where the pattern has one. */
export function hostDeclarations(
  names: readonly string[],
  port: AnsibleVar | undefined,
  vars: ReadonlyMap<string, AnsibleVar>,
  group: string | undefined,
  at: Place,
): Declaration[] {
  return names.flatMap((host): Declaration[] => [
    { is: 'host', host, group, at },
    ...(port === undefined ? [] : [{ is: 'host var' as const, host, name: 'ansible_port', value: port }]),
    ...[...vars].map(([name, value]): Declaration => ({ is: 'host var', host, name, value })),
  ])
}
