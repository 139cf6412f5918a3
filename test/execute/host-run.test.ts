import { expect, test } from 'vitest'
import { fakeProject } from '../host/fake-project.ts'

test('a handler that failed is pending, as are those after it', async () => {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  const { web1 } = project
  web1.write('units/site.service/start', 'exit 1\n')
  const [failed] = (await project.run()).results
  expect(failed).toMatchObject({
    outcome: 'failed',
    changed: [`file:${web1.root}/etc/site.conf`],
    failure: { code: 'handler', resource: 'handler:restart site' },
  })
  expect(failed?.pendingHandlers.toSorted()).toEqual(['publish', 'restart site'])
})
