/** What roles, and programs that run provision as a library, import. */

export type { Peer, Role, RoleInput, VarSchema, VarSchemas } from './catalog/role.ts'
export { defineRole } from './catalog/role.ts'
export { InputError, ProvisionError } from './errors.ts'
export type * from './resources/resource.ts'
export { constructorOf } from './resources/resource.ts'
export type { Secret, Text } from './secret.ts'
export { isSecret, masked, reveal, secret } from './secret.ts'
export { quote } from './shell/quote.ts'
export type { Script } from './shell/script.ts'
export { joinScripts, rawScript, sh } from './shell/script.ts'
