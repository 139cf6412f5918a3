// npm run schema: writes schema/*.json and the tables of vars in roles/*/README.md.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CHECKOUT } from './checkout.ts'
import { currentText, generatedFiles } from './generated.ts'

for (const [file, text] of await generatedFiles()) {
  if (currentText(file) === text) continue
  mkdirSync(dirname(join(CHECKOUT, file)), { recursive: true })
  writeFileSync(join(CHECKOUT, file), text)
  console.log(`wrote ${file}`)
}
