import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findRoles, loadRoles } from '../../src/catalog/load-roles.ts'
import { packageRoot } from '../../src/catalog/package-root.ts'

test("no built-in role reads another's vars: what it needs of others is provided", async () => {
  const root = packageRoot()
  const found = await findRoles(root)
  const { roles, problems } = await loadRoles(root, found, [...found.keys()])
  expect(problems).toEqual([])
  const all = new Set([...roles.values()].flatMap(({ vars }) => Object.keys(vars)))
  const strangers = [...roles.values()].flatMap((role) => {
    const dir = join(root, 'roles', role.name)
    const files = readdirSync(dir).filter((name) => name.endsWith('.ts'))
    return files.flatMap((name) => {
      // Strings may name them to people.
      const code = readFileSync(join(dir, name), 'utf8').replaceAll(/'[^'\n]*'|"[^"\n]*"|\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      const named = new Set(code.match(/\b[a-z]+(?:_[a-z0-9]+)+\b/g))
      return [...named]
        .filter((one) => all.has(one) && !(one in role.vars))
        .map((one) => `${role.name}/${name}: ${one}`)
    })
  })
  expect(strangers).toEqual([])
  expect(all.size).toBeGreaterThan(100)
})
