import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import prometheus from '../../../roles/prometheus/index.ts'
import { compiled } from '../compiled.ts'

/** The tests of rules, as promtool reads them. */
export const RULE_TESTS = readdirSync(fileURLToPath(new URL('.', import.meta.url))).filter((name) =>
  name.endsWith('.yml'),
)

/** Rules as the role writes them for two floating addresses, by path relative to the tests, and the tests. */
export async function rulesAndTests(): Promise<Map<string, string>> {
  const host = await compiled(prometheus, {
    host: 'mon1',
    vars: { prometheus_vips: ['192.0.2.100', '192.0.2.101'], prometheus_drift_max_age: 7200 },
  })
  const rules = ['rules/recording.yml', 'rules/alerts.yml', 'rules/drift.yml']
  return new Map([
    ...rules.map((path) => [path, host.setContent('file-set:prometheus', path)] as const),
    ...RULE_TESTS.map((name) => [name, readFileSync(new URL(name, import.meta.url), 'utf8')] as const),
  ])
}

/** The same in a folder of its own. */
export async function rulesFolder(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'provision-rules-'))
  mkdirSync(join(dir, 'rules'))
  for (const [path, text] of await rulesAndTests()) writeFileSync(join(dir, path), text)
  return dir
}
