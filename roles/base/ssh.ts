import { file, handler, type Resource, type RoleInput, type Script, sh } from 'provision'
import type { BaseVars } from './vars.ts'

/** The first value wins in sshd_config, and the files of this directory are read in order. */
const DROP_IN = '/etc/ssh/sshd_config.d/00-provision.conf'

type Line = readonly [keyword: string, value: string]

/** A drop-in for sshd: validated in its place in the whole configuration, proven in what sshd says that it uses. */
export function ssh({ vars, host, template }: Pick<RoleInput<BaseVars>, 'vars' | 'host' | 'template'>): Resource[] {
  const { own, further } = sshSettings(vars, host.sshPort)
  return [
    file({
      path: DROP_IN,
      content: template('sshd.conf.ejs', { lines: [...own, ...further] }),
      mode: '0644',
      owner: 'root',
      group: 'root',
      validate: VALIDATE,
      guard: 'ssh',
      notify: [handler({ id: 'reload ssh', run: reloadProven(own) })],
    }),
  ]
}

/** `own`: what the role promises. `further`: ssh_options that it has no opinion about; sshd may print those otherwise. */
export function sshSettings(vars: BaseVars, loginPort: number): { own: Line[]; further: Line[] } {
  const given = Object.entries(vars.ssh_options).flatMap(([keyword, value]): Line[] =>
    (Array.isArray(value) ? value : [value]).map((one) => [keyword, String(one)]),
  )
  const names = new Set(given.map(([keyword]) => keyword.toLowerCase()))
  // Logged in at another port than sshd's usual one, it listens there, or something forwards that one to its own: which, the
  // host knows. 22 would be opened beside it, or in its place.
  const port = vars.ssh_port ?? (loginPort === 22 ? 22 : undefined)
  const ports = [...new Set([...(port === undefined ? [] : [port]), ...vars.ssh_extra_ports])]
  const own: Line[] = [
    ...ports.map((port): Line => ['Port', String(port)]),
    ['PermitRootLogin', vars.ssh_permit_root_login],
    ['PubkeyAuthentication', 'yes'],
    ['PasswordAuthentication', vars.ssh_password_auth ? 'yes' : 'no'],
    // By PAM this would be a password again.
    ['KbdInteractiveAuthentication', 'no'],
    ['MaxAuthTries', String(vars.ssh_max_auth_tries)],
    ['MaxSessions', String(vars.ssh_max_sessions)],
    ['X11Forwarding', 'no'],
  ]
  return { own: own.filter(([keyword]) => !names.has(keyword.toLowerCase())), further: given }
}

/** sshd wants its run directory even for a test, and has none where a socket starts it. */
const RUN_DIR = sh`mkdir -p -m 0755 /run/sshd`

/** The staged file comes first, as it will; the old one behind it changes nothing, for the first value wins. */
const VALIDATE = sh`
  ${RUN_DIR}
  whole=$(mktemp)
  printf 'Include %s\nInclude /etc/ssh/sshd_config\n' "$file" >"$whole"
  status=0; /usr/sbin/sshd -t -f "$whole" || status=$?
  rm -f -- "$whole"
  [ "$status" = 0 ]
`

/**
 * Reloads sshd once it is sure that it will use the settings: an earlier line elsewhere, or a sshd_config without its
 * Include, would win silently. OpenSSH 10 prints keywords in mixed case; all print `without-password` for its synonym.
 * Under socket activation (Ubuntu from 22.10) ports are the socket's, which does not start while its service runs; and
 * sshd can't be reloaded, for it would lose the socket and could not bind the port itself. Sessions outlive a restart.
 */
const reloadProven = (own: readonly Line[]): Script =>
  sh`
    ${RUN_DIR}
    /usr/sbin/sshd -t
    uses=$(/usr/sbin/sshd -T | tr '[:upper:]' '[:lower:]' | sed 's/^permitrootlogin without-password$/permitrootlogin prohibit-password/')
    for line in ${own.map((line) => line.join(' ').toLowerCase())}; do
      printf '%s\n' "$uses" | grep -qxF -- "$line" || {
        echo "sshd would not use '$line': another file sets it first, or sshd_config lacks its Include of sshd_config.d" >&2
        exit 1
      }
    done
    if systemctl is-active -q ssh.socket; then
      before=$(systemctl show -p Listen --value ssh.socket)
      systemctl daemon-reload
      if [ "$(systemctl show -p Listen --value ssh.socket)" != "$before" ]; then
        systemctl stop ssh.service
        systemctl restart ssh.socket
        systemctl start ssh.service
      elif systemctl is-active -q ssh.service; then
        systemctl restart ssh.service
      fi
    elif systemctl is-active -q ssh.service; then
      systemctl reload ssh.service
    fi
  `
