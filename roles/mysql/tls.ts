import { file, handler, type Resource, sh } from 'provision'
import type { MysqlVars } from './vars.ts'

/** In /etc/mysql itself: where Ubuntu's AppArmor profile lets the server read. */
export const TLS = {
  ca: '/etc/mysql/provision-ca.pem',
  cert: '/etc/mysql/provision-cert.pem',
  key: '/etc/mysql/provision-key.pem',
} as const

/** New connections get the new certificate; those that are open go on. */
export const reloadTls = handler({
  id: 'reload tls of mysql',
  unit: 'mysql',
  run: sh`
    if systemctl is-active -q mysql.service; then
      mysql --no-defaults -u root --protocol=socket -e "ALTER INSTANCE RELOAD TLS"
    fi
  `,
})

export function tlsFiles(vars: MysqlVars): Resource[] {
  const { mysql_tls_ca: ca, mysql_tls_cert: cert, mysql_tls_key: key } = vars
  if (ca === undefined || cert === undefined || key === undefined) return []
  const notify = [reloadTls]
  return [
    file({ path: TLS.ca, content: ca, mode: '0644', owner: 'root', group: 'root', notify }),
    file({ path: TLS.cert, content: cert, mode: '0644', owner: 'root', group: 'root', notify }),
    file({ path: TLS.key, content: [key], mode: '0640', owner: 'root', group: 'mysql', notify }),
  ]
}
