#!/usr/bin/env node
const argv = process.argv.slice(2)

// Somebody waits at Tab: nothing is loaded that only a command needs.
if (argv[0] === '__complete') {
  const { answerTab } = await import('./completion/at-tab.ts')
  await answerTab(argv.slice(argv[1] === '--' ? 2 : 1))
} else if (argv[0] === 'worker' && argv.length === 1) {
  // Started by a run, many times: it needs none of the other commands.
  if (process.stdin.isTTY) {
    process.stderr.write(
      'provision worker is started by a run, which speaks to it by messages: provision --workers N\n',
    )
    process.exitCode = 1
  } else {
    const [{ serveStdio }, { version }] = await Promise.all([import('../workers/stdio.ts'), import('./version.ts')])
    await serveStdio(version())
  }
} else {
  const [{ inOurWords }, { createProgram }] = await Promise.all([import('./habits.ts'), import('./program.ts')])
  await createProgram().parseAsync(inOurWords(argv), { from: 'user' })
}
