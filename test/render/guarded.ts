import { guardCursor } from '../../src/render/cursor.ts'

/** For cursor.test.ts: a process that hides the cursor and waits to be ended. `other`: somebody else handles SIGINT. */
if (process.argv[2] === 'other') process.on('SIGINT', () => setTimeout(() => process.exit(3), 50))
guardCursor(process.stdout)
// As listr2's guard does: it ends the process only when nobody else listens.
const last = () => {
  if (process.listenerCount('SIGINT') > 1) return
  process.off('SIGINT', last)
  process.kill(process.pid, 'SIGINT')
}
if (process.argv[2] === 'guarded') process.on('SIGINT', last)
process.stdout.write('hidden\n')
setInterval(() => undefined, 1000)
