import type { Value, Vars } from '../inventory.ts'

/** What Ansible's own vars (`ansible_*`) say of a host or a group, in our words. */
export interface AnsibleConnection {
  /** Where it is; of a host alone. */
  readonly address?: string | undefined
  /** As `connection` in hosts.yml; each with the var that it comes from. */
  readonly settings: readonly { readonly key: string; readonly value: Value; readonly from: string }[]
  /** All other vars: those of Ansible that change nothing here are left out. */
  readonly vars: Vars
  readonly problems: readonly AnsibleProblem[]
}

/** One of Ansible's vars that can't be followed here. */
export interface AnsibleProblem {
  readonly name: string
  readonly message: string
  readonly hint?: string | undefined
}

type Rule = (value: Value, name: string) => { key: string; value: Value } | AnsibleProblem | undefined

const setting =
  (key: string): Rule =>
  (value) => ({ key, value })

const number: Rule = (value) => ({ key: 'port', value: /^\d+$/.test(String(value)) ? Number(value) : value })

const transport: Rule = (value, name) => {
  if (value === 'local') return { key: 'transport', value: 'local' }
  const isSsh =
    typeof value === 'string' && /^(ssh|smart|paramiko(_ssh)?|(ansible\.builtin\.)?ssh|.*\.libssh)$/.test(value)
  return isSsh ? undefined : { name, message: `hosts are reached by ssh, not by '${String(value)}'` }
}

const isTrue = (value: Value): boolean => /^(true|yes|on|1)$/i.test(String(value))

const become: Rule = (value) => ({ key: 'become', value: isTrue(value) ? 'sudo' : 'none' })

const only =
  (wanted: string, what: string): Rule =>
  (value, name) =>
    value === wanted ? undefined : { name, message: `${what}, not '${String(value)}'` }

const password: Rule = (_, name) => ({
  name,
  message: 'passwords are not taken from an inventory',
  hint: 'connection.become_password_file, or --ask-become-password; for the login a key, or --ask-password',
})

/** Options of ssh that change nothing here: connections are kept by the tool itself. */
const HARMLESS = /^(ControlMaster|ControlPersist|ControlPath|PreferredAuthentications|LogLevel)$/i

function sshArguments(value: Value, name: string): ReturnType<Rule> {
  const words = String(value)
    .replace(/(^|\s)-J\s*(\S+)/g, '$1-oProxyJump=$2')

    .trim()
    .split(/\s+/)
    .filter((word) => word !== '' && word !== '-C')
  const options = words.flatMap((word, i) =>
    word === '-o' ? [] : [words[i - 1] === '-o' ? word : word.replace(/^-o/, '')],
  )
  const left = options.filter((option) => !HARMLESS.test(option.split('=')[0] ?? ''))
  if (left.length === 0) return undefined
  if (left.length === 1 && /^StrictHostKeyChecking=(no|accept-new)$/i.test(left[0] ?? '')) {
    return { key: 'host_key_checking', value: 'accept-new' }
  }
  const jump = /^ProxyJump=(\S+)$/i.exec(left[0] ?? '')?.[1]
  if (left.length === 1 && jump !== undefined) return { key: 'proxy_jump', value: jump }
  return {
    name,
    message: `options of ssh are not taken from here: ${left.join(' ')}`,
    hint: 'write them into ~/.ssh/config',
  }
}

const RULES: Readonly<Record<string, Rule>> = {
  ansible_port: number,
  ansible_ssh_port: number,
  ansible_user: setting('user'),
  ansible_ssh_user: setting('user'),
  ansible_private_key_file: setting('identity_file'),
  ansible_ssh_private_key_file: setting('identity_file'),
  ansible_connection: transport,
  ansible_become: become,
  ansible_become_method: only('sudo', 'root is reached by sudo'),
  ansible_become_user: only('root', 'roles act as root'),
  ansible_password: password,
  ansible_ssh_pass: password,
  ansible_ssh_password: password,
  ansible_become_pass: password,
  ansible_become_password: password,
  ansible_sudo_pass: password,
  ansible_ssh_common_args: sshArguments,
  ansible_ssh_extra_args: sshArguments,
}

const ADDRESSES = ['ansible_host', 'ansible_ssh_host']

/** Sorts the vars of a host or a group of Ansible's. */
export function connectionOfAnsible(vars: Vars): AnsibleConnection {
  const settings: { key: string; value: Value; from: string }[] = []
  const problems: AnsibleProblem[] = []
  for (const [name, value] of Object.entries(vars)) {
    const found = value === null ? undefined : RULES[name]?.(value, name)
    if (found === undefined) continue
    if ('message' in found) problems.push(found)
    else settings.push({ ...found, from: name })
  }
  const address = ADDRESSES.map((name) => vars[name]).find((value) => typeof value === 'string' && value !== '')
  return {
    address: typeof address === 'string' ? address : undefined,
    settings,
    vars: Object.fromEntries(Object.entries(vars).filter(([name]) => !name.startsWith('ansible_'))),
    problems,
  }
}
