import { ProvisionError } from '../errors.ts'
import type { Named } from '../rollout/declared.ts'
import { isResource } from './role-resources.ts'

/**
 * What a resource or a handler is called on a host: `package:nginx`, `handler:restart nginx`. Of what is given only the
 * identity counts, so `keyOf(pkg({ name: 'nginx' }))` is the key of whatever is declared of that package.
 * @throws ProvisionError (input) for a resource that can't be
 */
export function keyOf(named: Named): string {
  if (typeof named === 'string') return named
  if ('id' in named) return `handler:${named.id}`
  if (!isResource(named)) throw new ProvisionError('that is neither a resource nor a handler', { code: 'input' })
  const [problem] = named.problems ?? []
  if (problem !== undefined) throw new ProvisionError(problem.message, { code: 'input', hint: problem.hint })
  return `${named.kind.kind}:${named.kind.key(named.desired)}`
}
