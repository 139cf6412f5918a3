import type { Origin } from '../errors.ts'

/** A place as people read it: `file:line`. What no lines lead to (a flag, what a program printed) is named alone. */
export const placeText = ({ file, line }: Origin): string => (line === 0 || file === '--var' ? file : `${file}:${line}`)

/** The same with the column, as editors take it. */
export const exactPlace = (origin: Origin): string =>
  origin.line === 0 || origin.file === '--var' ? origin.file : `${placeText(origin)}:${origin.col}`
