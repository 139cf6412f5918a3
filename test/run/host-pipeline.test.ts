import { describe, expect, it } from 'vitest'
import { hostPipeline, type PipelineInput } from '../../src/run/host-pipeline.ts'
import { rollbackTarget } from '../../src/run/rollback.ts'
import { spokenTo } from '../host/fake-access.ts'
import { fakeProject } from '../host/fake-project.ts'

async function pipeline(more: (input: PipelineInput) => Partial<PipelineInput> = () => ({}), facts = true) {
  const project = await fakeProject(['web1'], 'new')
  project.reset('old')
  const { prepared, web1 } = project
  const [host] = prepared.hosts
  if (!host) throw new Error('no host')
  const known = facts ? prepared.known : new Map()
  const input: PipelineInput = { options: { root: '/', upgrade: undefined }, prepared: { ...prepared, known }, host }
  const one = hostPipeline({ ...input, ...more(input) })
  const before = web1.scripts.length
  const scripts = () => web1.scripts.slice(before)
  // Where apt has its lists is no setting.
  const connect = async () => {
    const connection = await web1.connect()
    const there = (script: string) => script.replaceAll('/var/lib/apt/lists', `${web1.root}/lists`)
    return { ...connection, exec: (script: string) => connection.exec(there(script)) }
  }
  return { one, web1, scripts, session: spokenTo([web1], { connect }).session('web1') }
}

describe('what a host goes through when it is asked and planned', () => {
  it('is one exec where its facts are known, and finds what differs', async () => {
    const { one, session, scripts, web1 } = await pipeline()
    const { plan } = await one.probe(session)
    expect(plan.items.map(({ key, action }) => [key, action])).toEqual([[`file:${web1.root}/etc/site.conf`, 'update']])
    expect(scripts()).toHaveLength(1)
  })

  it('asks for facts once, and remembers them', async () => {
    const { one, session, scripts } = await pipeline(undefined, false)
    await one.probe(session)
    expect(scripts()).toHaveLength(2)
    await one.probe(session)
    expect(scripts()).toHaveLength(3)
  })

  it('reads the lists of packages anew once in an upgrade, and says so where that fails', async () => {
    const upgrade = () => ({ options: { root: '/', upgrade: true } })
    const { one, session, scripts, web1 } = await pipeline(upgrade)
    const log = `${web1.root}/apt.log`
    web1.program(
      'apt-get',
      `echo "$*" >>${log}; [ ! -e ${web1.root}/apt-fails ] || { echo 'E: no network'; exit 100; }`,
    )
    web1.write('lists/lock', '')
    web1.write('apt-fails', '')
    await expect(one.probe(session)).rejects.toMatchObject({
      code: 'probe',
      message: 'the lists of packages could not be read anew',
      log: ['E: no network'],
    })
    web1.clear()
    web1.write('lists/lock', '')
    await one.probe(session)
    await one.probe(session)
    expect(web1.read('apt.log')?.trim().split('\n')).toHaveLength(1)
    expect(scripts()).toHaveLength(4)
    expect([...one.declared().keys()]).toEqual([`file:${web1.root}/etc/site.conf`])
  })

  it('touches nothing that can not go back in a rollback, and nobody waits for anybody', async () => {
    const { one, session } = await pipeline(({ host }) => ({ target: rollbackTarget(host, undefined) }))
    const { plan, around } = await one.probe(session)
    expect([plan.items, around.first]).toEqual([[], []])
  })

  it('of a part of the roles, says of no handler that it has no owner', async () => {
    const pending = async (tags: ReadonlySet<string> | undefined) => {
      const { one, session, web1 } = await pipeline(({ prepared }) => ({ prepared: { ...prepared, tags } }))
      web1.write('state/pending/reload%20gone', 'none\n')
      return (await one.probe(session)).stale
    }
    expect(await pending(undefined)).toEqual(['reload gone'])
    expect(await pending(new Set(['site']))).toEqual([])
  })
})
