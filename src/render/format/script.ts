import { type Line, line, span } from './line.ts'

const RULE = '─'.repeat(8)

/** A script that was sent to a host, framed, its lines as they are so that they can be copied. */
export function scriptLines(host: string, purpose: string, script: string): Line[] {
  return [
    line(span('dim', `${RULE} ${host}: ${purpose} ${RULE}`)),
    ...script
      .replace(/\n$/, '')
      .split('\n')
      .map((text) => line(text)),
    line(span('dim', `${RULE} end of ${host}: ${purpose} ${RULE}`)),
  ]
}
