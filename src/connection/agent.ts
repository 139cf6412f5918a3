import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import { messageOf } from '../errors.ts'

/** Milliseconds for an agent to say what it holds: it is asked on this machine. */
const ANSWER_MS = 5000

/** A key in the agent, to be offered alone: of many, sshd takes a few only. */
export interface AgentKey {
  readonly key: ParsedKey
  /** Its public part, as sshd and files have it. */
  readonly blob: string
  method(username: string): AnyAuthMethod
}

/**
 * What an agent holds.
 * @returns why it can't be told, where it can't: an agent that is gone is no reason not to log in with a file
 */
export async function agentKeys(socket: string): Promise<readonly AgentKey[] | { readonly problem: string }> {
  const { default: ssh2 } = await import('ssh2')
  try {
    const keys = await new Promise<readonly ParsedKey[]>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no answer')), ANSWER_MS)
      ssh2.createAgent(socket).getIdentities((error, found) => {
        clearTimeout(late)
        if (error) reject(error)
        else resolve((found ?? []).filter((key) => typeof key === 'object' && 'getPublicSSH' in key))
      })
    })
    return keys.map((key) => ({
      key,
      blob: key.getPublicSSH().toString('base64'),
      method(username) {
        const agent = ssh2.createAgent(socket)
        agent.getIdentities = (answer) => answer(undefined, [key])
        return { type: 'agent', username, agent }
      },
    }))
  } catch (error) {
    return { problem: messageOf(error) }
  }
}
