import { LineCounter } from 'yaml'
import type { Origin } from '../errors.ts'
import { step, steps } from '../problems/pointer.ts'
import type { FileOrigins } from './inventory.ts'
import { withWritten } from './written.ts'

/** Where a value stands in a text. What is in it has places of its own; few of thousands are ever asked for. */
export interface Place {
  /** Offset of an entry's key, or of an element. */
  readonly at: number
  /** The text of a number. */
  readonly written?: string | undefined
  readonly inside?: ReadonlyMap<string, Place> | readonly Place[] | undefined
}

/** Lines and columns are worked out when somebody asks for them. */
export function originsOf(whole: Place, originAt: (offset: number) => Origin): FileOrigins {
  const made = new Map<Place, Origin>()
  const originOf = (place: Place): Origin => {
    const known = made.get(place)
    if (known !== undefined) return known
    const plain = originAt(place.at)
    const origin = place.written === undefined ? plain : withWritten(plain, place.written)
    made.set(place, origin)
    return origin
  }
  const placeAt = (pointer: string): Place | undefined => {
    let place: Place | undefined = whole
    for (const key of steps(pointer))
      place = isList(place?.inside) ? place.inside[Number(key)] : place?.inside?.get(key)
    return place
  }
  function* all(place: Place, pointer: string): Generator<[string, Origin]> {
    yield [pointer, originOf(place)]
    for (const [key, inner] of place.inside?.entries() ?? []) yield* all(inner, pointer + step(key))
  }
  return {
    get(pointer) {
      const place = placeAt(pointer)
      return place && originOf(place)
    },
    [Symbol.iterator]: () => all(whole, ''),
  }
}

const isList = (inside: Place['inside']): inside is readonly Place[] => Array.isArray(inside)

/** Lines of a text as YAML counts them. */
export function lineCounterOf(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1)
  return lines
}

/** @param file as it is to be printed in messages */
export function originIn(file: string, lines: () => LineCounter): (offset: number) => Origin {
  return (offset) => {
    const { line, col } = lines().linePos(offset)
    return { file, line: Math.max(1, line), col: Math.max(1, col) }
  }
}
