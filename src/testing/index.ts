/** What tests of roles import: 'provision/testing'. */

export type { RoleSetting, TriedRole } from './compile-role.ts'
export { compileRole } from './compile-role.ts'
export type { Declared } from './declared.ts'
export { FACTS } from './facts.ts'
export type { TestedHost } from './inventory.ts'
