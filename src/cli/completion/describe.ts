import { type Command, Help, type Option } from 'commander'
import { createProgram } from '../program.ts'
import type { ArgumentShape, CommandLine, OptionShape } from './command-line.ts'

/** The command line of provision, from the definitions of its commands. */
export function commandLine(): CommandLine {
  const onlyWithPrimary = new Set<Command | Option>()
  return described(createProgram(undefined, undefined, onlyWithPrimary), onlyWithPrimary)
}

function described(command: Command, onlyWithPrimary: ReadonlySet<Command | Option>): CommandLine {
  const help = new Help()
  const shown = help.visibleOptions(command).filter((one) => one.long === '--help')
  return {
    name: command.name(),
    summary: firstLine(command.summary() || command.description()),
    options: [...command.options, ...shown].map(optionShape),
    arguments: command.registeredArguments.map(
      (one): ArgumentShape => ({ name: one.name(), variadic: one.variadic, choices: one.argChoices }),
    ),
    commands: help.visibleCommands(command).map((one) => described(one, onlyWithPrimary)),
    onlyWithPrimary: onlyWithPrimary.has(command) || undefined,
  }
}

const optionShape = (option: Option): OptionShape => ({
  long: option.long,
  short: option.short,
  summary: firstLine(option.description),
  takesValue: option.required || option.optional,
  choices: option.argChoices,
  hidden: option.hidden || undefined,
})

const firstLine = (text: string): string => text.split('\n')[0] ?? ''
