import { isSlip } from '../../../problems/nearest.ts'
import type { FindingKind } from '../finding.ts'

/** Vars of Ansible's own: what becomes of each. */
export type OwnVar =
  | { readonly is: 'login' }
  | { readonly is: 'told'; readonly kind: FindingKind; readonly note: string }

const LOGIN = [
  'ansible_host',
  'ansible_ssh_host',
  'ansible_port',
  'ansible_ssh_port',
  'ansible_user',
  'ansible_ssh_user',
  'ansible_private_key_file',
  'ansible_ssh_private_key_file',
  'ansible_connection',
  'ansible_ssh_args',
  'ansible_ssh_common_args',
  'ansible_ssh_extra_args',
  'ansible_host_key_checking',
  'ansible_ssh_host_key_checking',
  'ansible_timeout',
  'ansible_ssh_timeout',
  'ansible_become',
  'ansible_become_method',
  'ansible_become_user',
  'ansible_sudo',
] as const

export type LoginVar = (typeof LOGIN)[number]

const BECOME_PASSWORD = 'connection.become_password_file in hosts.yml names a file with it; or --ask-become-password'
const LOGIN_PASSWORD =
  'logins are by key or agent here: bring your key to the host once, by ssh-copy-id; until then --ask-password'
const NO_PYTHON = 'nothing is installed on hosts, no Python either'
const NO_USE = 'has no meaning here'

const TOLD: Readonly<Record<string, readonly [FindingKind, string]>> = {
  ansible_password: ['secret', LOGIN_PASSWORD],
  ansible_ssh_pass: ['secret', LOGIN_PASSWORD],
  ansible_ssh_password: ['secret', LOGIN_PASSWORD],
  ansible_become_password: ['secret', BECOME_PASSWORD],
  ansible_become_pass: ['secret', BECOME_PASSWORD],
  ansible_sudo_pass: ['secret', BECOME_PASSWORD],
  ansible_su_pass: ['secret', BECOME_PASSWORD],
  ansible_private_key_passphrase: ['secret', 'add the key to an agent: ssh-add'],
  ansible_ssh_private_key: ['secret', 'keep the key in a file, and name it by connection.identity_file in hosts.yml'],
  ansible_python_interpreter: ['needless', NO_PYTHON],
  ansible_become_flags: ['connection', 'sudo is called without flags of your own'],
  ansible_become_exe: ['connection', 'sudo is found by its name'],
  ansible_group_priority: ['needless', 'who wins is settled at the import'],
  ansible_pipelining: ['needless', NO_USE],
  ansible_ssh_pipelining: ['needless', NO_USE],
  ansible_ssh_transfer_method: ['needless', NO_USE],
  ansible_scp_if_ssh: ['needless', NO_USE],
  ansible_remote_tmp: ['needless', NO_USE],
  ansible_shell_type: ['connection', 'hosts are spoken to in POSIX sh'],
  ansible_shell_executable: ['connection', 'hosts are spoken to in POSIX sh'],
  ansible_ssh_executable: ['connection', 'the program ssh of your PATH is used, where one is'],
}

/** Undefined: it is none of Ansible's own, but a var of somebody's roles. */
export function ownVar(name: string): OwnVar | undefined {
  if (isLogin(name)) return { is: 'login' }
  const reason = TOLD[name]
  if (reason !== undefined) return { is: 'told', kind: reason[0], note: reason[1] }
  if (/^ansible_.*_interpreter$/.test(name)) return { is: 'told', kind: 'needless', note: NO_PYTHON }
  if (/^ansible_.*pass(word|phrase)?$/.test(name)) return { is: 'told', kind: 'secret', note: LOGIN_PASSWORD }
  if (OF_CONNECTIONS.test(name)) return { is: 'told', kind: 'needless', note: NO_USE }
  const meant = meantLogin(name)
  if (meant !== undefined) {
    return { is: 'told', kind: 'connection', note: `no setting of Ansible either: '${meant}' may have been meant` }
  }
  // Anybody may call a var so: what no plugin has is a var of somebody's roles.
  return OF_ANSIBLE.test(name)
    ? { is: 'told', kind: 'connection', note: 'a setting of Ansible that has no like here' }
    : undefined
}

/** The setting of the login that a name nearly is: by a letter, or by its words in another order. */
function meantLogin(name: string): LoginVar | undefined {
  const [ansible, ...words] = name.split('_')
  if (ansible !== 'ansible') return undefined
  return LOGIN.find(
    (one) => isSlip(name, one) || (words.length > 1 && words.every((word) => one.split('_').includes(word))),
  )
}

/** How Ansible keeps its connections, and brings itself to hosts. */
const OF_CONNECTIONS =
  /^ansible_(ssh_|paramiko_|persistent_)?(retries|reconnection_retries|use_tty|control_path(_dir)?|control_persist|connect_(retry_)?timeout|command_timeout|pty|sftp_batch_mode)$|^ansible_(sftp|scp|async|remote_tmp|facts?|system)_/

/** Settings of its plugins begin so. */
const OF_ANSIBLE =
  /^ansible_(ssh|paramiko|libssh|winrm|psrp|httpapi|netconf|network|docker|podman|kubectl|lxd|jail|zone|persistent|become|su|sudo|shell|remote|host_key|pkcs11|common)_/

const isLogin = (name: string): name is LoginVar => LOGIN.some((one) => one === name)

/** Names under which people keep secrets. */
export const isSecretName = (name: string): boolean =>
  /(^|_|-|\.)(pass(wd|word|phrase)?|secret|token|credentials?|private_?key|api_?key|access_?key|vault)(_|-|\.|$)|password|passphrase/i.test(
    name,
  )
