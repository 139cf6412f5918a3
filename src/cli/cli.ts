#!/usr/bin/env node
import { inOurWords } from './habits.ts'
import { createProgram } from './program.ts'

await createProgram().parseAsync(inOurWords(process.argv.slice(2)), { from: 'user' })
