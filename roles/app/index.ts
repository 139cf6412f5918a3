import { posix } from 'node:path'
import {
  allowFrom,
  defineRole,
  directory,
  file,
  keyOf,
  pkg,
  program,
  type RoleInput,
  scrape,
  systemdUnit,
  tierAddresses,
  user,
  type VarsOf,
} from 'provision'
import { environment } from './environment.ts'
import { migratingHost } from './migrations.ts'
import { appService, dirOf, disruptive, releaseOf, restarted } from './parts.ts'
import { rollout } from './rollout.ts'
import { vars } from './vars.ts'

type Input = RoleInput<VarsOf<typeof vars>>

export default defineRole({
  name: 'app',
  description: 'A program of your own as a service: releases side by side, switched at once, put back when they fail.',
  vars,
  provides: ({ vars }) => [
    program.of({
      name: vars.app_name,
      ports: [vars.app_port],
      disruptive: disruptive(vars).map(keyOf),
      requiredServices: [keyOf(appService(vars))],
    }),
    vars.app_metrics && scrape.of({ job: 'app', port: vars.app_port }),
  ],
  rollout,
  // Its health is asked there; where it listens besides, only the program knows.
  listens: ({ vars }) => [
    {
      by: `application '${vars.app_name}'`,
      program: vars.app_name,
      address: '127.0.0.1',
      port: vars.app_port,
      at: ['app_port'],
    },
  ],
  resources(input) {
    const { vars, template } = input
    const name = vars.app_name
    const account = vars.app_user ?? name
    const dir = dirOf(vars)
    const config = `${dir}/config`
    const notify = [restarted(vars)]
    const migrates =
      vars.app_migrate_cmd !== undefined && migratingHost(vars, input.host, input.group) === input.host.name
    const credentials = Object.entries(vars.app_credentials)
    const common = {
      account,
      dir,
      envFile: `${config}/env`,
      credentials: credentials.map(([key]) => `${key}:${config}/credentials/${key}`),
    }
    return [
      vars.app_packages.map((one) => pkg({ name: one })),
      // One that is there already, such as www-data or a person's, keeps its home and its shell.
      user({ name: account, createOnly: true, system: true, home: dir, shell: '/usr/sbin/nologin' }),
      // It may lie on a disk of its own, behind a link.
      directory({ path: dir, follow: true, mode: '0755', owner: 'root', group: 'root' }),
      // Only systemd reads it, as root; the program gets what is in there from systemd.
      directory({ path: config, mode: '0700', owner: 'root', group: 'root' }),
      file({
        path: common.envFile,
        content: template('env.ejs', { values: environment(vars) }),
        mode: '0600',
        owner: 'root',
        group: 'root',
        notify,
      }),
      credentials.length > 0 &&
        directory({ path: `${config}/credentials`, mode: '0700', owner: 'root', group: 'root' }),
      credentials.map(([key, value]) =>
        file({
          path: `${config}/credentials/${key}`,
          content: [value],
          mode: '0600',
          owner: 'root',
          group: 'root',
          notify,
        }),
      ),
      sharedFolders(vars.app_shared, dir).map((path) =>
        directory({ path, mode: '0750', owner: account, group: account }),
      ),
      systemdUnit({ unit: `${name}.service`, content: template('unit.ejs', common), notify }),
      migrates && systemdUnit({ unit: `${name}-migrate@.service`, content: template('migrate.ejs', common) }),
      releaseOf(vars, migrates),
      openPort(input),
      appService(vars),
    ]
  },
})

/** With the folders above them, which are the account's too. */
const sharedFolders = (paths: readonly string[], dir: string): string[] => {
  if (paths.length === 0) return []
  const shared = `${dir}/shared`
  const above = (path: string): string[] => (path === '.' ? [] : [...above(posix.dirname(path)), `${shared}/${path}`])
  return [...new Set([shared, ...paths.flatMap(above)])]
}

function openPort({ host, vars, group }: Input) {
  const { app_allow_from: listed, app_allow_from_tiers: tiers } = vars
  const from = [...listed, ...tierAddresses(group('all'), tiers, 'app_allow_from', host.name)]
  return vars.app_firewall ? allowFrom(from, { port: vars.app_port, comment: vars.app_name }) : []
}
