/** Gathers a stream's bytes and decodes them as UTF-8: a character may be cut in two by a chunk's end. */
export interface Collector {
  push(chunk: Buffer): void
  text(): string
}

/** @param onText called with whole characters as they arrive. */
export function collector(onText?: (text: string) => void): Collector {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const parts: string[] = []
  const take = (text: string) => {
    if (text === '') return
    parts.push(text)
    onText?.(text)
  }
  return {
    push: (chunk) => take(decoder.decode(chunk, { stream: true })),
    text: () => {
      take(decoder.decode())
      return parts.join('')
    },
  }
}
