import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { Event, HostResult } from '../../src/execute/events.ts'
import type { Hook, HookCall } from '../../src/hooks/hook.ts'
import { createHooks, type Hooks } from '../../src/hooks/hooks.ts'
import { momentsOf } from '../../src/hooks/moments.ts'
import { createMask } from '../../src/masking/mask.ts'
import { secret } from '../../src/masking/secret.ts'
import { RUNS, result } from '../fixtures/events.ts'
import { fakeProject } from '../host/fake-project.ts'
import { problemsOf, projectFolder } from '../project-folder.ts'

const RUN = { id: '9f2c', inventory: 'prod', check: false, by: 'anna@desk', began: '2026-11-28T05:43:21.000Z' }
const hook = (more: Partial<Hook>): Hook => ({
  on: ['planned', 'begun', 'failed', 'finished'],
  timeout: 10,
  required: false,
  dryRuns: false,
  ...more,
})

function hooksOf(hooks: readonly Hook[], root: string, check = false) {
  const warnings: string[] = []
  const mask = createMask()
  const made = createHooks({
    hooks,
    root,
    run: { ...RUN, check },
    mask: (one) => mask.text(one),
    learn: (one) => mask.learn(secret(one)),
    warn: (message) => warnings.push(message),
  })
  return { hooks: made, warnings }
}

/** A program that notes what it is told. */
const NOTES = `#!/bin/sh\ncat >>calls\n`
function aProject(program = NOTES, more: Readonly<Record<string, string>> = {}) {
  const root = projectFolder({ 'hooks/note': program, ...more })
  chmodSync(join(root, 'hooks/note'), 0o755)
  const calls = (): HookCall[] =>
    existsSync(join(root, 'calls'))
      ? readFileSync(join(root, 'calls'), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : []
  return { root, calls }
}

/** A server that keeps what it is asked. */
async function aServer(answer: (request: IncomingMessage, body: string, response: ServerResponse) => void) {
  const asked: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
    answer(request, body, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

async function through(hooks: Hooks, events: Iterable<Event>) {
  for (const event of events) hooks.event(event)
  await hooks.finish()
}

it('a program is told of each moment that it is for, in their order, with the event', async () => {
  const { root, calls } = aProject()
  const { hooks, warnings } = hooksOf([hook({ run: ['hooks/note'] })], root)
  const events = [...RUNS.failure()]
  const begun = events.findIndex(({ type }) => type === 'tier-started' || type === 'host-started')
  await through(hooks, [...events.slice(0, begun), { type: 'rollout-planned', tiers: [] }, ...events.slice(begun)])
  expect(warnings).toEqual([])
  expect(calls().map(({ moment }) => moment)).toEqual(['planned', 'failed', 'finished'])
  for (const call of calls()) expect(call).toMatchObject({ format: 'provision-hook', version: 1, run: RUN })
  const [planned, failed, finished] = calls()
  expect(planned?.text).toMatch(/^prod: anna@desk plans \d+ changes? on \d of \d hosts$/)
  expect(failed?.text).toMatch(/^prod: \S+ failed: /)
  expect(finished?.text).toMatch(/^prod: \d changed, .*1 failed.* \(anna@desk\)$/)
  expect(finished?.event).toMatchObject({ type: 'run-finished' })
})

it('dry runs call only those that want it', async () => {
  const { root, calls } = aProject()
  const both = [hook({ run: ['hooks/note'] }), hook({ run: ['hooks/note'], dryRuns: true, on: ['finished'] })]
  await through(hooksOf(both, root, true).hooks, RUNS.check())
  expect(calls().map(({ moment }) => moment)).toEqual(['finished'])
})

it('one that fails, hangs, or is not there is told, with its last line, and fails nothing', async () => {
  const { root } = aProject('#!/bin/sh\necho first\necho "no such channel" >&2\nexit 3\n', {
    'hooks/hang': '#!/bin/sh\nsleep 60 &\necho waiting; wait\n',
  })
  chmodSync(join(root, 'hooks/hang'), 0o755)
  const on = ['finished'] as const
  const all = [
    hook({ on, run: ['hooks/note'] }),
    hook({ on, run: ['hooks/hang'], timeout: 0.3 }),
    hook({ on, run: ['hooks/none'] }),
  ]
  const { hooks, warnings } = hooksOf(all, root)
  const began = performance.now()
  await through(hooks, RUNS.changes())
  expect(performance.now() - began).toBeLessThan(30_000)
  expect(warnings.toSorted()).toEqual([
    'hook hooks/hang (finished) failed: it took longer than 0.3 s: waiting',
    `hook hooks/none (finished) failed: spawn ${join(root, 'hooks/none')} ENOENT`,
    'hook hooks/note (finished) failed: exit status 3: no such channel',
  ])
})

it('nothing is changed where one that is required says no; where it says yes the run goes on', async () => {
  const project = await fakeProject(['web1', 'web2'], '2')
  project.reset('1')
  const { root } = aProject('#!/bin/sh\necho frozen\nexit 1\n')
  for (const moment of ['planned', 'begun'] as const) {
    const { hooks, warnings } = hooksOf([hook({ on: [moment], run: ['hooks/note'], required: true })], root)
    const events: Event[] = []
    const refused = project.run({
      emit: (event) => {
        events.push(event)
        hooks.event(event)
      },
      beforeFirstChange: () => hooks.beforeFirstChange(),
    })
    expect(await problemsOf(() => refused)).toEqual([
      `hook hooks/note (${moment}) failed: exit status 1: frozen (it is required: true, so nothing was changed)`,
    ])
    expect(warnings).toEqual([])
    expect(events.map(({ type }) => type)).not.toContain('host-started')
  }
  expect(project.web1.read('seen')).toBe('1\n')
})

it('a host is told as out and back exactly while it is: before its change, and after it was put back', async () => {
  const project = await fakeProject(['web1', 'web2'], '2')
  project.reset('1')
  const { events } = await project.run()
  const moments = momentsOf(RUN)
  const told: string[] = []
  for (const event of events) {
    for (const { moment, hosts } of moments.event(event)) told.push(`${moment} ${hosts.join()}`)
    if (event.type === 'step-started' && event.key.startsWith('file:')) told.push(`change ${event.host}`)
  }
  for (const host of ['web1', 'web2'])
    expect(told.filter((one) => one.endsWith(` ${host}`))).toEqual([
      `drained ${host}`,
      `change ${host}`,
      `back ${host}`,
    ])
})

it('a host that stays out is not told as back; a later run that puts it back tells it', () => {
  const step = (action: 'drain' | 'undrain' | 'verify' | 'gate'): Event => ({
    ...{ type: 'step-started', host: 'web1', key: `${action}:x`, action },
  })
  const ended = (more: Partial<HostResult>): Event => ({
    ...{ type: 'host-finished', host: 'web1', result: result('web1', 'failed', more) },
  })
  const momentsIn = (...events: readonly Event[]) => {
    const moments = momentsOf(RUN)
    return events.flatMap((event) => moments.event(event)).map(({ moment }) => moment)
  }
  // The gate fails, or the way back does: it is out.
  expect(momentsIn(step('drain'), step('gate'), ended({ drained: true }))).toEqual(['drained', 'failed'])
  expect(momentsIn(step('drain'), step('undrain'), ended({ drained: true }))).toEqual(['drained', 'failed'])
  // Put back, it fails to prove itself: it serves all the same.
  expect(momentsIn(step('drain'), step('undrain'), step('verify'), ended({}))).toEqual(['drained', 'back', 'failed'])
  expect(momentsIn(step('undrain'), { ...ended({}) })).toEqual(['back', 'failed'])
})

it('a web address gets the call, with headers of a file; what is in files is never told', async () => {
  const { root } = aProject(NOTES, { headers: 'Authorization: Bearer tok-12345678\nX-Team: ops\n' })
  const { asked, url } = await aServer((request, _, response) => {
    response.statusCode = request.url === '/ok' ? 204 : 403
    response.end(request.url === '/ok' ? undefined : `bad token ${request.headers.authorization}`)
  })
  writeFileSync(join(root, 'address'), `${url}/secret-path-123\n`)
  const on = ['finished'] as const
  const headersFile = join(root, 'headers')
  const all = [hook({ on, url: `${url}/ok`, headersFile }), hook({ on, urlFile: join(root, 'address'), headersFile })]
  const { hooks, warnings } = hooksOf(all, root)
  await through(hooks, RUNS.changes())
  expect(asked.map(({ path }) => path).toSorted()).toEqual(['/ok', '/secret-path-123'])
  for (const { method, headers, body } of asked) {
    expect([method, headers.authorization, headers['x-team']]).toEqual(['POST', 'Bearer tok-12345678', 'ops'])
    expect(JSON.parse(body)).toMatchObject({ moment: 'finished', run: RUN })
  }
  expect(warnings).toEqual([
    expect.stringMatching(/^hook \S+address \(finished\) failed: status 403: bad token ‹secret›/),
  ])
  expect(warnings.join()).not.toMatch(/tok-12345678|secret-path/)
})

it('an address that does not answer in time, or leads elsewhere, is told', async () => {
  const { root } = aProject()
  const { url } = await aServer((request, _, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
  })
  const on = ['finished'] as const
  const all = [hook({ on, url: `${url}/silent`, timeout: 0.3 }), hook({ on, url: `${url}/away` })]
  const { hooks, warnings } = hooksOf(all, root)
  await through(hooks, RUNS.changes())
  expect(warnings.toSorted()).toEqual([
    expect.stringMatching(/: no answer within 0.3 s$/),
    expect.stringContaining('redirect'),
  ])
})

const DOC = readFileSync(fileURLToPath(new URL('../../docs/hooks.md', import.meta.url)), 'utf8')
const example = (name: string) => DOC.split(`<!-- ${name} -->\n\`\`\`js\n`)[1]?.split('\n```')[0] ?? ''

it('the example of docs/hooks.md silences exactly the hosts that are out, for as long as they are', async () => {
  const { root } = aProject(example('silence.mjs'))
  // A program without a suffix, beside no package.json, would be CommonJS.
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  const silences = new Map<string, { comment: string; matchers: { value: string }[]; status: { state: string } }>()
  const course: string[] = []
  const { url } = await aServer((request, body, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.method === 'POST') {
      const silence = JSON.parse(body)
      silences.set(String(silences.size), { ...silence, status: { state: 'active' } })
      course.push(`silenced ${silence.matchers[0].value}`)
      response.end('{}')
    } else if (request.method === 'DELETE') {
      const found = silences.get(request.url?.split('/').at(-1) ?? '')
      if (found) found.status.state = 'expired'
      course.push(`heard ${found?.matchers[0]?.value}`)
      response.end()
    } else response.end(JSON.stringify([...silences].map(([id, one]) => ({ id, ...one }))))
  })
  vi.stubEnv('ALERTMANAGER', url)
  onTestFinished(() => void vi.unstubAllEnvs())
  const project = await fakeProject(['web1', 'web2'], '2')
  project.reset('1')
  const { hooks, warnings } = hooksOf([hook({ on: ['drained', 'back'], run: ['hooks/note'] })], root)
  await through(hooks, (await project.run()).events)
  expect(warnings).toEqual([])
  expect(course.toSorted()).toEqual(['heard web1', 'heard web2', 'silenced web1', 'silenced web2'])
  expect([...silences.values()].map(({ status }) => status.state)).toEqual(['expired', 'expired'])
})

it('the example of docs/hooks.md for a chat posts the line for people, to the address that a file holds', async () => {
  const { root } = aProject(example('chat.mjs'), { 'package.json': '{"type":"module"}' })
  const { asked, url } = await aServer((_, __, response) => void response.end('ok'))
  writeFileSync(join(root, 'chat-url'), `${url}/hooks/abc\n`)
  vi.stubEnv('CHAT_URL_FILE', join(root, 'chat-url'))
  onTestFinished(() => void vi.unstubAllEnvs())
  const { hooks, warnings } = hooksOf([hook({ on: ['finished'], run: ['hooks/note'] })], root)
  await through(hooks, RUNS.changes())
  expect(warnings).toEqual([])
  expect(asked.map(({ path, body }) => [path, Object.keys(JSON.parse(body))])).toEqual([['/hooks/abc', ['text']]])
})
