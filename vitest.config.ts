import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const root = fileURLToPath(new URL('.', import.meta.url))
const alias = { provision: `${root}src/index.ts` }

/** The long ones first, or one worker would be busy with one when all others are done. Vitest wants a class here. */
class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return found < 0 ? LONG.length : found
    }
    const unit = sorted.filter((file) => !isIntegration(file))
    return [
      ...unit.filter(isAlone),
      ...unit.filter((file) => !isAlone(file)),
      ...sorted.filter(isIntegration).toSorted((a, b) => rank(a) - rank(b)),
    ]
  }
}
/** Files of the lab that take minutes. Those that look at rates and at time come when less is installed beside them. */
const LONG = [
  ...['stack', 'rolling-tiers', 'switchover', 'mysql', 'ufw', 'app', 'rolling', 'interrupted', 'suites'],
  ...['rolling-verify', 'connection', 'accounts'],
]
/** Its environment is another, so it gets a process of its own: first, or it would end that of the file before it. */
const isAlone = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/run/fleet.test.ts')
const isIntegration = ({ project }: TestSpecification): boolean => project.name === 'integration'

/**
 * Tests make and remove thousands of small folders, with programs to run in some: a disk takes a fifth longer over it.
 * What they leave there goes when all have run.
 */
function inMemory(): { readonly TMPDIR: string } | undefined {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
    const [, , type, options = ''] = mounts.find((line) => line.split(' ')[1] === '/dev/shm')?.split(' ') ?? []
    const { bavail, bsize } = statfsSync('/dev/shm')
    const serves = type === 'tmpfs' && !/\b(ro|noexec)\b/.test(options) && bavail * bsize > 2 ** 30
    if (!serves) return undefined
    const dir = mkdtempSync('/dev/shm/provision-')
    process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
    return { TMPDIR: dir }
  } catch {
    return undefined
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongOnesFirst },
    projects: [
      {
        resolve: { alias: { ...alias, jiti: `${root}test/jiti.ts` } },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**'],
          // Programs that tests start and wait for leave two workers a third of two cores idle (171 s, with three 144 s).
          maxWorkers: 3,
          isolate: false,
          env: { ...(process.env.TMPDIR === undefined && inMemory()) },
          // No test is timed; the limit only ends one that hangs, on the slowest machine too.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // Each file has a lab of its own. Three at a time: hosts wait more than they work, but a converge takes minutes
          // on two cores, and more of them would only take longer each.
          maxWorkers: 3,
          // Each worker loads the program and the lab once, not for each of its files.
          isolate: false,
          // After the unit tests, which take all cores.
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          // On a bare machine the first hooks also install an engine and build images, one of them for all others.
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
})
