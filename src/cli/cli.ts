#!/usr/bin/env node
const argv = process.argv.slice(2)

// Somebody waits at Tab: nothing is loaded that only a command needs.
if (argv[0] === '__complete') {
  const { answerTab } = await import('./completion/at-tab.ts')
  await answerTab(argv.slice(argv[1] === '--' ? 2 : 1))
} else {
  const [{ inOurWords }, { createProgram }] = await Promise.all([import('./habits.ts'), import('./program.ts')])
  await createProgram().parseAsync(inOurWords(argv), { from: 'user' })
}
