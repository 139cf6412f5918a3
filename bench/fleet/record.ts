import { cp } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { connector } from '../../src/connection/connect.ts'
import { run } from '../../src/run/run.ts'
import { startLab } from '../../test/lab/lab.ts'
import { overheard, type Recording, saveRecording } from './recording.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const INVENTORY = fileURLToPath(new URL('inventory', import.meta.url))

/** Brings one lab host to the state of the fleet's roles and keeps what it answers to a run that has nothing to do there. */
export async function record(say: (message: string) => void): Promise<void> {
  const lab = await startLab({ name: process.env.LAB_NAME || 'record', hosts: [{ name: 'host01', tier: 'web' }], say })
  try {
    await cp(INVENTORY, lab.inventory, { recursive: true })
    const options = {
      root: ROOT,
      inventory: lab.inventory,
      limit: [],
      tags: [],
      vars: [],
      forks: 1,
      showScripts: false,
    }
    const passed = async (): Promise<Recording[]> => {
      const heard: Recording[] = []
      const connect = connector()
      const { summary } = await run(
        { ...options, check: false },
        {
          emit: () => undefined,
          connect: async (host) => overheard(await connect(host), (answers) => void heard.push(answers)),
        },
      )
      if (summary.failed > 0) throw new Error('the host could not be brought to its state')
      return heard
    }
    say('converging the host')
    await passed()
    const [recording, ...others] = await passed()
    if (recording === undefined || others.length > 0)
      throw new Error('a run that finds nothing to change takes one exec')
    await saveRecording(recording)
    say(`recorded ${recording.size} answers`)
  } finally {
    await lab.down()
  }
}
