/** Elements of a list on the command line: at commas, but not at those of a glob's `{a,b}`. Empty ones are left out. */
export function elementsOf(text: string): string[] {
  return text
    .split(/,(?![^{]*\})/)
    .map((element) => element.trim())
    .filter((element) => element !== '')
}
