/**
 * A program that ends when whoever started it does, however that ends: its standard input is a pipe of the starter's,
 * which the kernel closes. What it is told on it is not read.
 */
const WATCHED = [
  'exec 3<&0',
  '"$@" </dev/null 3<&- & program=$!',
  // A builtin alone: nothing of the watch outlives it.
  '{ read -r _ <&3; kill "$program"; } & watch=$!',
  'exec 3<&-',
  'wait "$program"; status=$?',
  'kill "$watch" 2>/dev/null',
  'exit "$status"',
].join('\n')

export const tied = (argv: readonly string[]): string[] => ['/bin/sh', '-c', WATCHED, 'sh', ...argv]
