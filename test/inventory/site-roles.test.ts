import { expect, test } from 'vitest'
import { loadInventory } from '../../src/inventory/load.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const load = (roles: string) =>
  loadInventory({
    root: projectFolder({
      'inventories/site.yml': `tiers:\n  - name: web\n    roles: ${roles}\n`,
      'inventories/prod/hosts.yml': 'tiers: { web: { hosts: { a: { address: a } } } }',
    }),
    name: 'prod',
    knownRoles: ['base', 'app'],
  })

const INSTEAD =
  'what a host has several of is a list or a mapping in one var of the role (nginx_sites, haproxy_backends); docs/roles.md says how a role of your own does it'

test.each([
  [
    '[base, { role: app, vars: { app_port: 1 } }]',
    [
      `inventories/site.yml:3:19 role 'app' with settings of its own: a role of a tier is its name [tiers.0.roles.1] (write 'app', and its vars into vars of the tier or group_vars. To have it twice: ${INSTEAD})`,
    ],
  ],
  [
    '[app, { role: app, vars: {} }, app]',
    [
      `inventories/site.yml:3:18 role 'app' is there twice in the tier [tiers.0.roles.1] (${INSTEAD})`,
      `inventories/site.yml:3:43 role 'app' is there twice in the tier [tiers.0.roles.2] (${INSTEAD})`,
    ],
  ],
  [
    '[{ name: apq }]',
    [
      expect.stringContaining("role 'apq' with settings of its own"),
      "inventories/site.yml:3:13 unknown role 'apq' [tiers.0.roles.0] (did you mean 'app'?)",
    ],
  ],
  ['[base, 7]', [expect.stringContaining('must be a string')]],
])('roles: %s', async (roles, expected) => {
  expect(await problemsOf(() => load(roles))).toEqual(expected)
})
