import { readFile } from 'node:fs/promises'
import { $, retry } from 'zx'
import { type Docker, engineName, LABEL } from './container.ts'
import { ensureProgram, type Say } from './machine.ts'
import { devicesFor, masquerades, staleBridges } from './routes.ts'

/** Makes the lab's bridge network, or checks that the one it has fits; packets for it go there, and nowhere else. */
export async function ensureNetwork(
  docker: Docker,
  lab: { name: string; dir: string },
  subnet: string,
  say: Say,
): Promise<void> {
  await makeNetwork(docker, lab, subnet)
  await clearRoutes(docker, subnet, say)
}

/**
 * An engine that was killed leaves its bridges behind. The kernel would send what is meant for the hosts through the
 * older of two that have the same network, and no host would ever answer.
 */
async function clearRoutes(docker: Docker, subnet: string, say: Say): Promise<void> {
  const devices = async () => devicesFor(subnet, await readFile('/proc/net/route', 'utf8').catch(() => ''))
  const stale = staleBridges(
    await devices(),
    (await docker.listNetworks()).map(({ Id }) => Id),
  )
  for (const bridge of stale) {
    say(`removing ${bridge}, which an engine that is gone has left with the network ${subnet}.0/24`)
    await ensureProgram(say, 'ip', 'iproute2')
    const { exitCode, stderr } = await $({ quiet: true, nothrow: true })`ip link delete ${bridge}`
    if (exitCode === 0) continue
    throw new Error(
      `The device ${bridge} of an engine that is gone has the network ${subnet}.0/24, and can not be removed (${stderr.trim()}): run "ip link delete ${bridge}" as root, or choose another --subnet.`,
    )
  }
  await clearRules(docker, subnet, say)
  const left = await devices()
  if (left.length < 2) return
  throw new Error(
    `Several devices have the network ${subnet}.0/24 (${left.join(', ')}), so its hosts can not be reached: choose another --subnet.`,
  )
}

/** The rules of such an engine outlive its bridges. Where there are none, or none can be seen, nothing is to be done. */
async function clearRules(docker: Docker, subnet: string, say: Say): Promise<void> {
  const iptables = $({ quiet: true, nothrow: true })
  const rules = masquerades(subnet, (await iptables`iptables -w -t nat -S POSTROUTING`).stdout)
  const networks = (await docker.listNetworks()).map(({ Id }) => Id)
  for (const { bridge, rule } of rules) {
    if (staleBridges([bridge], networks).length === 0) continue
    say(`removing the rule for ${bridge}, which an engine that is gone has left`)
    await iptables`iptables -w -t nat -D ${rule}`
  }
}

async function makeNetwork(docker: Docker, lab: { name: string; dir: string }, subnet: string): Promise<void> {
  const cidr = `${subnet}.0/24`
  const [existing] = await listNetworks(docker, lab.name)
  if (existing?.IPAM?.Config?.some((config) => config.Subnet === cidr)) return
  if (existing) await removeLab(docker, lab.name)
  const options = {
    Name: engineName(lab.name),
    Driver: 'bridge',
    CheckDuplicate: true,
    IPAM: { Config: [{ Subnet: cidr, Gateway: `${subnet}.1` }] },
    Labels: { [LABEL.lab]: lab.name, [LABEL.dir]: lab.dir },
  }
  await docker.createNetwork(options).catch((error: unknown) => {
    if (!String(error).includes('overlaps')) throw error
    throw new Error(`The network ${cidr} is taken on this machine, perhaps by another lab: choose another --subnet.`)
  })
}

/** Removes everything that carries the lab's name, and nothing else. */
export async function removeLab(docker: Docker, name: string): Promise<void> {
  const filters = { label: [`${LABEL.lab}=${name}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
  for (const { Id } of await listNetworks(docker, name)) {
    // The engine lets go of a removed container's endpoint a little after it says that the container is gone.
    await retry(20, '500ms', () => dismantle(docker, Id))
  }
}

async function dismantle(docker: Docker, id: string): Promise<void> {
  const network = docker.getNetwork(id)
  const { Containers = {} } = await network.inspect()
  for (const Container of Object.keys(Containers)) {
    // One that is gone meanwhile has no endpoint either: whether the network goes is what counts.
    await network.disconnect({ Container, Force: true }).catch(() => {})
  }
  await network.remove()
}

function listNetworks(docker: Docker, name: string) {
  return docker.listNetworks({ filters: { label: [`${LABEL.lab}=${name}`] } })
}
