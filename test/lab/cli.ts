import { labCommand } from './command.ts'

await labCommand(process.argv.slice(2))
