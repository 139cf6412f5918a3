import { nameHint, ProvisionError, type RoleInput } from 'provision'
import type { AppVars } from './vars.ts'

/**
 * The host of the tier that migrates.
 * @throws ProvisionError (input) when app_migrate_on names a host that is not one of the tier
 */
export function migratingHost(
  { app_migrate_on: named }: AppVars,
  host: RoleInput<AppVars>['host'],
  group: RoleInput<AppVars>['group'],
): string | undefined {
  const names = group(host.tier).map(({ name }) => name)
  if (named !== undefined && !names.includes(named)) {
    throw new ProvisionError(`app_migrate_on: '${named}' is no host of tier ${host.tier}`, {
      code: 'input',
      hint: nameHint(named, names),
    })
  }
  return named ?? names[0]
}
