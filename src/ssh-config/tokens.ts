/**
 * Replaces `%h` and the like.
 * @returns undefined where one of them is not known
 */
export function percentExpanded(text: string, tokens: ReadonlyMap<string, string>): string | undefined {
  let known = true
  const expanded = text.replace(/%(.?)/gs, (_, token: string) => {
    const value = token === '%' ? '%' : tokens.get(token)
    if (value === undefined) known = false
    return value ?? ''
  })
  return known ? expanded : undefined
}

/** Replaces `${NAME}`; @returns the name of a variable that is not set, where there is one */
export function environmentExpanded(
  text: string,
  env: NodeJS.ProcessEnv,
): { readonly text: string } | { readonly unset: string } {
  let unset: string | undefined
  const expanded = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = env[name]
    if (value === undefined) unset ??= name
    return value ?? ''
  })
  return unset === undefined ? { text: expanded } : { unset }
}
