import { scaleLinear, scaleLog } from 'd3-scale'
import { line } from 'd3-shape'
import { type ComponentChild, h } from 'preact'
import { renderToString } from 'preact-render-to-string'

/** A figure over the size of a fleet. */
export interface Chart {
  readonly title: string
  readonly unit: string
  readonly series: readonly Series[]
  /** What it is to stay under. */
  readonly goal?: number | undefined
}

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [hosts: number, value: number])[]
}

const [WIDTH, HEIGHT] = [640, 280]
const MARGIN = { left: 56, right: 16, top: 40, bottom: 56 }
/** Told apart without colours too: each line has dashes of its own. */
const LINES = [
  { color: '#2563eb', dashes: 'none' },
  { color: '#c2410c', dashes: '6 3' },
  { color: '#15803d', dashes: '2 3' },
]

/** The picture of a chart: a file of SVG that stands on light and dark pages. */
export function chartSvg({ title, unit, series, goal }: Chart): string {
  const points = series.flatMap((one) => one.points)
  const sizes = [...new Set(points.map(([hosts]) => hosts))].sort((a, b) => a - b)
  const x = scaleLog()
    .domain([Math.min(...sizes) * 0.8, Math.max(...sizes) * 1.25])
    .range([MARGIN.left, WIDTH - MARGIN.right])
  const y = scaleLinear()
    .domain([0, Math.max(...points.map(([, value]) => value), goal ?? 0)])
    .nice()
    .range([HEIGHT - MARGIN.bottom, MARGIN.top])
  const path = line<readonly [number, number]>(
    ([hosts]) => x(hosts),
    ([, value]) => y(value),
  )
  const across = (value: number, more: object) =>
    h('line', { x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(value), y2: y(value), ...more })
  const text = (at: { x: number; y: number; anchor?: string }, said: string): ComponentChild =>
    h('text', { x: at.x, y: at.y, 'text-anchor': at.anchor ?? 'start' }, said)
  const style = ({ color, dashes } = LINES[0] ?? { color: 'gray', dashes: 'none' }) => ({
    ...{ stroke: color, 'stroke-dasharray': dashes, 'stroke-width': 2, fill: 'none' },
  })
  const svg = h(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title },
      ...{ 'font-family': 'sans-serif', 'font-size': 12, fill: '#6b7280' },
    },
    h('text', { x: MARGIN.left, y: 20, 'font-size': 14 }, `${title} (${unit})`),
    y
      .ticks(5)
      .map((tick) => [
        across(tick, { stroke: '#6b7280', 'stroke-opacity': 0.25 }),
        text({ x: MARGIN.left - 8, y: y(tick) + 4, anchor: 'end' }, y.tickFormat(5)(tick)),
      ]),
    sizes.map((size) => text({ x: x(size), y: HEIGHT - MARGIN.bottom + 18, anchor: 'middle' }, `${size} hosts`)),
    goal === undefined
      ? undefined
      : [
          across(goal, { stroke: '#b91c1c', 'stroke-dasharray': '8 4' }),
          text({ x: WIDTH - MARGIN.right, y: y(goal) - 4, anchor: 'end' }, `goal: under ${goal} ${unit}`),
        ],
    series.map((one, i) => {
      const look = style(LINES[i % LINES.length])
      const from = MARGIN.left + (i * (WIDTH - MARGIN.left)) / series.length
      return [
        h('path', { d: path(one.points) ?? '', ...look }),
        one.points.map(([hosts, value]) => h('circle', { cx: x(hosts), cy: y(value), r: 3, fill: look.stroke })),
        h('path', { d: `M${from} ${HEIGHT - 16}h24`, ...look }),
        text({ x: from + 30, y: HEIGHT - 12 }, one.name),
      ]
    }),
  )
  return `${renderToString(svg)}\n`
}
