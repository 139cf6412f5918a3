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
    return [
      ...sorted.filter((file) => !isIntegration(file)),
      ...sorted.filter(isIntegration).toSorted((a, b) => rank(a) - rank(b)),
    ]
  }
}
/** Files of the lab that take minutes. Those that look at rates and at time come when less is installed beside them. */
const LONG = [
  ...['stack', 'rolling-tiers', 'switchover', 'mysql', 'ufw', 'app', 'rolling', 'interrupted', 'suites'],
  ...['rolling-verify', 'connection', 'accounts'],
]
const isIntegration = ({ project }: TestSpecification): boolean => project.name === 'integration'

export default defineConfig({
  test: {
    sequence: { sequencer: LongOnesFirst },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**'],
          // Vitest leaves one processor alone and gives each file a process of its own: half of the time, on two cores.
          maxWorkers: '100%',
          isolate: false,
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
