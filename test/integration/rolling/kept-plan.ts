import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createMasker } from '../../../src/masking/masker.ts'
import type { TestBed } from '../test-bed.ts'

/** On hosts one, two and three. */
export function keptPlan(bed: TestBed): void {
  describe('a plan that is kept', () => {
    const SECRET = 'hunt3r-2'
    const kept = (text: string) =>
      bed.project({
        roles: {
          note: `[
          file({ path: '/etc/note', content: '${text}\\n' }),
          file({ path: '/etc/note-key', content: ['key ', vars.note_key, '\\n'], mode: '0600' }),
        ]`,
        },
        use: ['file'],
        vars: "note_key: { type: 'string', description: 'Of a test.', secret: true },",
        hosts: Object.fromEntries(['one', 'two', 'three'].map((name) => [name, { vars: { note_key: SECRET } }])),
      })
    const notes = () => Promise.all(['one', 'two', 'three'].map((name) => bed.on(name, 'cat /etc/note')))

    test('is applied where nothing has moved, once, from the checkout that it was made of, in its time', async () => {
      const project = kept('planned')
      const planned = await project.run('plan', '--out', 'release.plan')
      expect(planned.status, planned.stderr).toBe(2)
      const text = readFileSync(join(project.dir, 'release.plan'), 'utf8')
      const masker = createMasker()
      masker.learn(SECRET)
      expect(masker.mask(text)).toBe(text)

      await bed.on('two', 'echo by hand >/etc/note')
      const applied = await project.run('apply', 'release.plan')
      expect(applied.status).toBe(1)
      expect(applied.failure('two')).toMatchObject({
        code: 'stale',
        message: expect.stringContaining('file:/etc/note has changed on the host'),
      })
      expect(await notes()).toEqual(['planned\n', 'by hand\n', 'planned\n'])

      await bed.on('two', 'rm /etc/note')
      expect((await project.run('apply', 'release.plan')).status).toBe(0)
      expect(await notes()).toEqual(['planned\n', 'planned\n', 'planned\n'])
      await bed.on('one', 'rm /etc/note')
      const twice = await project.run('apply', 'release.plan')
      expect([twice.status, twice.stdout + twice.stderr]).toEqual([1, expect.stringContaining('applied already')])

      project.write({ 'roles/note/more.ts': 'export {}\n' })
      const other = await project.run('apply', 'release.plan')
      expect([other.status, other.stdout]).toEqual([1, expect.stringContaining('roles/note/more.ts is new')])
      await bed.on('one', 'test ! -e /etc/note')
    })
  })
}
