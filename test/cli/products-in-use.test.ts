import { describe, expect, it } from 'vitest'
import { productsInUse } from '../../src/cli/products-in-use.ts'
import { createProgram } from '../../src/cli/program.ts'
import { projectFolder } from '../project-folder.ts'

const WITH = { 'inventories/site.yml': 'tiers:\n  - name: db\n    roles: [base, mysql]\n' }
const WITHOUT = {
  'inventories/site.yml':
    '# No mysql here.\ntiers:\n  - { name: web, roles: [base, mysqld_exporter] } # mysql: later\n',
}

/** What `provision … --help` prints in a project. */
async function help(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<string> {
  const root = projectFolder(files)
  let text = ''
  const program = createProgram()
  for (const one of [program, ...program.commands]) {
    one.exitOverride().configureOutput({
      writeOut: (more) => {
        text += more
      },
    })
  }
  await expect(program.parseAsync([...args, '-C', root, '--help'], { from: 'user' })).rejects.toThrow('outputHelp')
  return text
}

describe('the help', () => {
  it.each([[], ['upgrade']])('of a project without a product says nothing of it: provision %s', async (...args) => {
    expect(await help(WITHOUT, ...args)).not.toMatch(/mysql|switchover|primary/i)
  })

  it('of a project with it tells all', async () => {
    const text = await help(WITH)
    expect(text).toContain('--switchover-to <host>')
    expect(text).toMatch(/^ {2}switchover \[options\] +make another host of a tier \(of MySQL/m)
    expect(await help(WITH, 'upgrade')).toContain('--switchover-to <host>')
  })

  it('tells all where there is no project yet, and that of the command itself whoever asks', async () => {
    expect(await help({})).toContain('--switchover-to <host>')
    expect(await help(WITHOUT, 'switchover')).toContain('--primary-lost')
  })
})

describe('productsInUse', () => {
  const product = { name: 'MySQL', roles: ['mysql'] }
  const found = (files: Readonly<Record<string, string>>, inventory?: string) =>
    productsInUse([product], { project: projectFolder(files), ...(inventory && { inventory }) }).length

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['the site of all inventories', WITH, 1],
    [
      'the site of one inventory',
      { ...WITHOUT, 'inventories/prod/site.yml': 'tiers: [{ name: db, roles: [mysql] }]' },
      1,
    ],
    ['a list of lines', { 'inventories/site.yml': 'tiers:\n  - name: db\n    roles:\n      - mysql\n' }, 1],
    ['a comment and a role that is called alike', WITHOUT, 0],
  ])('reads %s', (_, files, count) => {
    expect(found(files)).toBe(count)
  })

  it('reads the site of an inventory that is given as a path', () => {
    expect(found({ ...WITHOUT, 'other/site.yml': 'tiers: [{ name: db, roles: [mysql] }]' }, './other')).toBe(1)
  })
})
