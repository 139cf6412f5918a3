import { pkg, type Resource, restart, service } from 'provision'
import type { NginxVars } from './vars.ts'

/** What the role declares and its rollout watches. */

export const restarted = restart('nginx')

export const nginxPackage = ({ nginx_hold: hold }: NginxVars): Resource =>
  pkg({ name: 'nginx', ...(hold && { hold: true }), notify: [restarted] })

export const nginxService = (): Resource => service({ name: 'nginx', enabled: true, state: 'started' })
