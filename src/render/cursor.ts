const SHOW = '\u001b[?25h'

/**
 * Brings the terminal's cursor back, whatever ends the process while a live list hides it.
 * @returns stops the watch; call it when the list is done.
 */
export function guardCursor(out: NodeJS.WritableStream): () => void {
  // As it is now: listr2 puts a buffer in its place while it draws.
  const write = out.write.bind(out)
  const show = () => {
    write(SHOW)
  }
  const onSignal = (signal: NodeJS.Signals) => {
    show()
    // Nobody else stops the run in an orderly way: do what the signal does without a listener.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
  process.once('exit', show)
  // Ahead of the others: listr2's own guard steps back as long as it sees a listener besides itself.
  process.prependOnceListener('SIGINT', onSignal)
  process.prependOnceListener('SIGTERM', onSignal)
  return () => {
    process.off('exit', show)
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    show()
  }
}
