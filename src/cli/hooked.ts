import { resolve } from 'node:path'
import type { Event } from '../execute/events.ts'
import type { Hooks } from '../hooks/hooks.ts'
import { secret } from '../masking/secret.ts'
import { thisController } from '../records/controller.ts'
import type { Prepared } from '../run/prepare.ts'
import type { HostFlags } from './host-options.ts'

/** The hooks of the inventory that a run is of; nobody, until that is known. */
export interface Hooked extends Hooks {
  begun(prepared: Prepared): Promise<void>
}

/**
 * @param id of the run
 * @param show is told of hooks that failed
 */
export function hooked(flags: Pick<HostFlags, 'project' | 'check'>, id: string, show: (event: Event) => void): Hooked {
  let hooks: Hooks | undefined
  return {
    async begun({ inventory, mask }) {
      if (inventory.hooks.length === 0) return
      const { createHooks } = await import('../hooks/hooks.ts')
      const { user, machine } = thisController()
      const began = new Date().toISOString()
      hooks = createHooks({
        hooks: inventory.hooks,
        root: resolve(flags.project),
        run: { id, inventory: inventory.name, check: flags.check, by: `${user}@${machine}`, began },
        mask: (text) => mask.text(text),
        learn: (text) => mask.learn(secret(text)),
        warn: (message, hint) => show({ type: 'warning', message, hint }),
      })
    },
    event: (event) => hooks?.event(event),
    beforeFirstChange: async () => hooks?.beforeFirstChange(),
    finish: async () => hooks?.finish(),
  }
}
