import { type Failure, failureOf, messageOf, ProvisionError } from '../errors.ts'
import type { Facts } from '../facts/facts.ts'
import { parseFacts } from '../facts/parse.ts'
import { factsProbe } from '../facts/probe.ts'
import { deed } from '../host/deed.ts'
import { hostSession } from '../host/make-session.ts'
import type { HostAccess } from '../host/session.ts'
import type { Host } from '../inventory/inventory.ts'
import { rawScript } from '../shell/script.ts'

/** What was found out of one host. */
export interface ProbedHost {
  readonly host: string
  readonly tier: string
  /** Undefined: there was no login, or no way to root. */
  readonly login?: { readonly ms: number } | undefined
  /** Milliseconds that a question takes, once logged in. */
  readonly latency?: number | undefined
  readonly facts?: Facts | undefined
  readonly failure?: Failure | undefined
}

/** Seconds for the facts. */
const TIMEOUT = 30

/** Logs in, becomes root, asks. Never throws. */
export async function askHost(
  host: Host,
  access: HostAccess,
  { latency }: { readonly latency: boolean },
): Promise<ProbedHost> {
  const { name, tier } = host
  const began = performance.now()
  let probed: ProbedHost = { host: name, tier }
  try {
    const session = hostSession(access, name)
    await access.connect(name)
    probed = { ...probed, login: { ms: performance.now() - began } }
    const answer = await deed(session, { script: factsProbe, timeout: TIMEOUT })
    if (latency) {
      const sent = performance.now()
      await deed(session, { script: rawScript(':'), timeout: TIMEOUT })
      probed = { ...probed, latency: performance.now() - sent }
    }
    return { ...probed, facts: factsIn(name, (answer?.lines ?? []).join('\n')) }
  } catch (error) {
    return { ...probed, failure: failureOf(error) }
  }
}

function factsIn(host: string, text: string): Facts {
  try {
    return parseFacts(text)
  } catch (error) {
    throw new ProvisionError(`the facts of this host can't be read: ${messageOf(error)}`, {
      code: 'probe',
      host,
      hint: 'targets are Debian or Ubuntu hosts with systemd',
      log: text.split('\n').slice(-5),
    })
  }
}

/** A host that was not asked, for the user wanted no more. */
export const notAsked = ({ name, tier }: Host): ProbedHost => ({
  host: name,
  tier,
  failure: { code: 'stopped', message: 'not asked: stopped', log: [] },
})
