/** The command line as data: what completion goes by. */
export interface CommandLine {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionShape[]
  readonly arguments: readonly ArgumentShape[]
  readonly commands: readonly CommandLine[]
  /** It is only for projects that use a product whose primary can be moved. */
  readonly onlyWithPrimary?: boolean | undefined
}

export interface OptionShape {
  readonly long?: string | undefined
  readonly short?: string | undefined
  readonly summary: string
  readonly takesValue: boolean
  readonly choices?: readonly string[] | undefined
  readonly hidden?: boolean | undefined
}

export interface ArgumentShape {
  readonly name: string
  readonly variadic: boolean
  readonly choices?: readonly string[] | undefined
}

/**
 * The command line of this version of provision. From sources there is none, and it is described when it is wanted; the build
 * puts it in the place of this module (scripts/bundle.ts): who waits at Tab waits for no command to be loaded.
 */
export const COMMAND_LINE: CommandLine | undefined = undefined
