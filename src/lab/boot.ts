import { retry } from 'zx'
import { type Docker, engineName, type HostContainer } from './container.ts'
import type { Say } from './machine.ts'

/**
 * Starts a host's container. One that does not come up is thrown away and made anew, once, and that is said: on a loaded
 * machine systemd sometimes ends while it boots, before anything of the tests has begun.
 * @throws Error that sshd did not answer, with how the container is
 */
export async function boot(docker: Docker, container: HostContainer, names: { lab: string; host: string }, say: Say) {
  let failed: unknown
  await retry(2, async () => {
    if (failed !== undefined) {
      say(`${names.host} is made anew: ${failed instanceof Error ? failed.message : String(failed)}`)
      await discard(docker, engineName(names.lab, names.host))
    }
    try {
      await container.start()
    } catch (error) {
      failed = error
      throw error
    }
  })
}

/** testcontainers removes one that never got ready; not where it fails earlier. */
async function discard(docker: Docker, name: string): Promise<void> {
  const [left] = await docker.listContainers({ all: true, filters: { name: [`^/${name}$`] } })
  if (left) await docker.getContainer(left.Id).remove({ force: true, v: true })
}
