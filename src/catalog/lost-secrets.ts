import type { Problem } from '../errors.ts'
import type { Host } from '../inventory/inventory.ts'
import { isSecret, MASK } from '../masking/secret.ts'
import type { CompiledResource } from './compiled.ts'

/** Resources in which a role has put the mask of a secret for the secret itself: the host would get the mask. */
export function lostSecrets(resources: readonly CompiledResource[], host: Host): Problem[] {
  return resources
    .filter(({ desired }) => holdsMask(desired))
    .map(({ key, role }) => ({
      message: `role '${role}' on ${host.name}: ${key} holds ${MASK} where a secret was meant`,
      hint: 'a secret in `${…}` shows its mask: print it in a template, or pass a list of texts, ["password=", secret]',
    }))
}

function holdsMask(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MASK)
  if (typeof value !== 'object' || value === null || isSecret(value) || value instanceof Uint8Array) return false
  return Object.values(value).some(holdsMask)
}
