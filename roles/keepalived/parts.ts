import { pkg, type Resource, restart, service } from 'provision'
import type { KeepalivedVars } from './vars.ts'

/** What the role declares and its rollout watches. */

export const restarted = restart('keepalived')

export const keepalivedPackage = ({ keepalived_hold: hold }: KeepalivedVars): Resource =>
  pkg({ name: 'keepalived', ...(hold && { hold: true }), notify: [restarted] })

export const keepalivedService = (): Resource => service({ name: 'keepalived', enabled: true, state: 'started' })
