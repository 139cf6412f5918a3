import type { FieldSchema } from '../schemas/fields.ts'
import { givenTo } from '../schemas/given.ts'
import { type Script, sh } from '../shell/script.ts'
import { HTTP_GET } from './http-get.ts'
import type { RolloutStep } from './step.ts'

/** Where a check is made and for how long one waits for it. */
export interface CheckPlace {
  /** Default: says what is asked. */
  readonly name?: string | undefined
  /** Hosts that ask. Default: the host itself. */
  readonly on?: readonly string[] | undefined
  /** Seconds. Default 30. */
  readonly timeout?: number | undefined
}

export const CHECK_PLACE = {
  name: { description: 'Not set: says what is asked.', type: 'string', optional: true },
  on: {
    description: 'Hosts that ask. Not set: the host itself.',
    type: 'array',
    items: { type: 'string' },
    optional: true,
  },
  timeout: { description: 'Seconds.', type: 'number', minimum: 0, default: 30 },
} as const satisfies Record<keyof CheckPlace, FieldSchema>

const checkPlace = givenTo('the place of a check', CHECK_PLACE)

function step(place: CheckPlace, name: string, until: Script): RolloutStep {
  checkPlace(place)
  return { name: place.name ?? name, on: place.on, until, timeout: place.timeout ?? 30 }
}

/** A systemd unit is active. */
export function unitActive(unit: string, place: CheckPlace = {}): RolloutStep {
  return step(
    place,
    `${unit} is active`,
    sh`
      state=$(systemctl show -p ActiveState --value -- ${unit})
      if [ "$state" != active ]; then echo "it is $state"; exit 1; fi
    `,
  )
}

/** sh that succeeds; the last line that it prints says why not. Read-only. */
export function commandSucceeds(name: string, command: Script, place: Omit<CheckPlace, 'name'> = {}): RolloutStep {
  return step(place, name, command)
}

export interface Endpoint {
  /** Default 127.0.0.1. */
  readonly address?: string | undefined
  readonly port: number
}

/** Something accepts connections. bash has sockets and is Essential on Debian. */
export function tcpOpen(endpoint: Endpoint, place: CheckPlace = {}): RolloutStep {
  checkEndpoint(endpoint)
  const { address = '127.0.0.1', port } = endpoint
  return step(
    place,
    `port ${port} of ${address} is open`,
    sh`
      timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - ${address} ${port} 2>/dev/null || {
        echo ${`nobody accepts connections on port ${port} of ${address}`}; exit 1
      }
    `,
  )
}

export const ENDPOINT = {
  address: { description: 'Where it listens.', type: 'string', default: '127.0.0.1' },
  port: { description: 'Port.', type: 'integer', minimum: 1, maximum: 65535 },
} as const satisfies Record<keyof Endpoint, FieldSchema>

const checkEndpoint = givenTo('tcpOpen', ENDPOINT)

export interface HttpQuestion extends Endpoint {
  readonly path: string
  /** Host header. Default localhost. */
  readonly host?: string | undefined
  /** Statuses that are right. Default 200. */
  readonly status?: readonly number[] | undefined
}

export const HTTP_QUESTION = {
  ...ENDPOINT,
  path: { description: 'Path of the URL.', type: 'string' },
  host: { description: 'Host header.', type: 'string', default: 'localhost' },
  status: { description: 'Statuses that are right.', type: 'array', items: { type: 'integer' }, default: [200] },
} as const satisfies Record<keyof HttpQuestion, FieldSchema>

const checkQuestion = givenTo('httpAnswers', HTTP_QUESTION)

/** A server answers as it should, by plain HTTP. */
export function httpAnswers(question: HttpQuestion, place: CheckPlace = {}): RolloutStep {
  checkQuestion(question)
  const { address = '127.0.0.1', port, path, host = 'localhost', status = [200] } = question
  return step(
    place,
    `${path} on port ${port} answers ${status.join(' or ')}`,
    sh`
      ${HTTP_GET}
      status=$(http_get ${address} ${port} ${path} ${host} | head -n 1)
      case " "${status.join(' ')}" " in
      *" \${status:-none} "*) ;;
      *) echo "it answers \${status:-nothing}"; exit 1 ;;
      esac
    `,
  )
}
