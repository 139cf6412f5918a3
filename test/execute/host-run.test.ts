import { expect, test } from 'vitest'
import { fakeProject } from '../host/fake-project.ts'

test('a handler that failed is pending, as are those after it; the next run finishes them', async () => {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  const { web1 } = project
  const start = web1.read('units/site.service/start') ?? ''
  web1.write('units/site.service/start', 'echo failed >$root/units/site.service/state\nexit 1\n')
  const [failed] = (await project.run()).results
  expect(failed).toMatchObject({
    outcome: 'failed',
    changed: [`file:${web1.root}/etc/site.conf`],
    failure: { code: 'handler', resource: 'handler:restart site' },
  })
  expect(failed?.pendingHandlers.toSorted()).toEqual(['publish', 'restart site'])

  web1.write('units/site.service/start', start)
  const [mended] = (await project.run()).results
  expect(mended).toMatchObject({ outcome: 'changed', pendingHandlers: [], putBack: true })
  expect([web1.read('seen'), web1.read('published')]).toEqual(['new\n', 'new\n'])
})
