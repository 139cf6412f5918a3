import { setTimeout as sleep } from 'node:timers/promises'
import { type Docker, endpoint, engineName } from './container.ts'
import { type ExecResult, execInside } from './exec.ts'
import { type Starter, starterIn } from './starter.ts'
import { waitForSsh } from './wait.ts'

/** Where a host stands: its container's state, and whether its network cable is in. */
export interface HostStatus {
  readonly running: boolean
  readonly connected: boolean
}

/** Who and where a host is. */
export interface LabHostPlace {
  readonly name: string
  readonly address: string
  readonly login: string
  readonly port?: number | undefined
  readonly alias?: string | undefined
}

/** One host of a running lab, with the accidents that can happen to it. */
export class LabHost {
  readonly name: string
  readonly address: string
  /** The user that logs in over SSH. */
  readonly login: string
  /** Where its sshd listens, if not at 22. */
  readonly port: number | undefined
  readonly #lab: string
  readonly #docker: Docker
  readonly #place: LabHostPlace
  #starter: Starter | undefined

  constructor(docker: Docker, lab: string, host: LabHostPlace) {
    this.#docker = docker
    this.#lab = lab
    this.#place = host
    this.name = host.name
    this.address = host.address
    this.login = host.login
    this.port = host.port
  }

  /**
   * From now on programs are started by one that stays on the host: for who asks it some hundred times. It holds a
   * connection to the engine open for as long as the host runs.
   */
  keepStarter(): void {
    this.#starter = starterIn(this.#container)
  }

  /** Pulls the network cable: connections hang, they are not refused. */
  async cut(): Promise<void> {
    if (!(await this.status()).connected) return
    await this.#network.disconnect({ Container: this.#id, Force: true })
  }

  /** Puts the network cable back, at the same address. */
  async heal(): Promise<void> {
    if ((await this.status()).connected) return
    await this.#network.connect({ Container: this.#id, EndpointConfig: endpoint(this.#place) })
  }

  /** A power cut: nothing is written back, no process hears of it. */
  async kill(): Promise<void> {
    this.#starter?.end()
    if ((await this.status()).running) await this.#container.kill({ signal: 'SIGKILL' })
  }

  /** Switches the host on and waits until it is up; does nothing to a host that is. */
  async start(): Promise<void> {
    if (!(await this.status()).running) await this.#container.start()
    if ((await this.status()).connected) await this.ready()
  }

  /** An orderly reboot: services are stopped, then the host comes up again. */
  async reboot(): Promise<void> {
    this.#starter?.end()
    await this.#container.restart({ t: 20 })
    if ((await this.status()).connected) await this.ready()
  }

  /**
   * Waits until sshd answers and systemd has finished booting: before that, pam_nologin turns users away.
   * Returns systemd's word: `running`, or `degraded` when a unit has failed.
   */
  async ready(): Promise<string> {
    await waitForSsh(this.address, this.port)
    const deadline = Date.now() + 60_000
    while (Date.now() < deadline) {
      const state = (await this.exec(['systemctl', 'is-system-running', '--wait'])).stdout.trim()
      if (state === 'running' || state === 'degraded') return state
      await sleep(100)
    }
    throw new Error(`${this.name} did not finish booting within 60 s`)
  }

  /** Runs a program (argv) or shell text as root inside, not over SSH; `stdin` is what it reads. */
  async exec(command: string | readonly string[], stdin = ''): Promise<ExecResult> {
    const argv = typeof command === 'string' ? ['sh', '-c', command] : command
    return this.#starter?.exec(argv, stdin) ?? execInside(this.#container, argv, stdin)
  }

  /** Where the host stands now. */
  async status(): Promise<HostStatus> {
    const { State, NetworkSettings } = await this.#container.inspect()
    return { running: State.Running, connected: engineName(this.#lab) in NetworkSettings.Networks }
  }

  get #id(): string {
    return engineName(this.#lab, this.name)
  }

  get #container(): ReturnType<Docker['getContainer']> {
    return this.#docker.getContainer(this.#id)
  }

  get #network(): ReturnType<Docker['getNetwork']> {
    return this.#docker.getNetwork(engineName(this.#lab))
  }
}
