import { type Handler, type Named, type Resource, release, restartHealthy, service } from 'provision'
import type { AppVars } from './vars.ts'

/** What the role declares and its rollout watches. */

export const dirOf = ({ app_dir: dir, app_name: name }: AppVars): string => dir ?? `/srv/${name}`

const placeOf = (vars: AppVars) => ({
  name: vars.app_name,
  dir: dirOf(vars),
  health: { port: vars.app_port, path: vars.app_health_path, timeout: vars.app_ready_timeout },
})

/** For what a release reads when it starts. */
export const restarted = (vars: AppVars): Handler => restartHealthy(placeOf(vars))

/** @param migrates on this host */
export const releaseOf = (vars: AppVars, migrates = false): Resource =>
  release({
    ...placeOf(vars),
    version: vars.app_version,
    artifact: { ...vars.app_artifact, path: vars.app_artifact.path.replaceAll('{version}', vars.app_version) },
    shared: vars.app_shared,
    keep: vars.app_keep_releases,
    ...(migrates && { migrate: `${vars.app_name}-migrate@` }),
  })

export const appService = ({ app_name: name }: AppVars): Resource => service({ name, enabled: true, state: 'started' })

/** The unit that the program runs as, of which a rollout knows the name only: its text is a template's. */
export const unitKey = ({ app_name: name }: AppVars): string => `systemd-unit:/etc/systemd/system/${name}.service`

/** What takes the program away for a moment. What calls for the restart is named too: where all of it is new, nobody is in the way. */
export const disruptive = (vars: AppVars): Named[] => [
  releaseOf(vars),
  restarted(vars),
  `file:${dirOf(vars)}/config/*`,
  unitKey(vars),
]
