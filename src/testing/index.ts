/** What tests of roles import: 'provision/testing'. */

export type { HostPlan, PlannedHandler, PlannedItem } from '../plan/host-plan.ts'
export type { RoleSetting, TriedRole } from './compile-role.ts'
export { compileRole } from './compile-role.ts'
export type { Declared } from './declared.ts'
export { FACTS } from './facts.ts'
export type { TestedHost } from './inventory.ts'
export type { Recorded, RecordedFile } from './recorded.ts'
