// Loaded with --import into the programs that are measured: leaves what the process took in the file that it is told.
import { subscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'

const file = process.env.BENCH_USAGE
if (file) {
  const loop = process.env.BENCH_LOOP ? watchLoop() : undefined
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const cpuMs = (userCPUTime + systemCPUTime) / 1000
    writeFileSync(file, JSON.stringify({ cpuMs, peakKiB: maxRSS, ...(loop && { loop: loop() }) }))
  })
}

/**
 * How late the event loop is, from the first connection on: before it, nobody waits for an answer. On a machine that others
 * use, it is late because of them, too: the CPU time that passed between two ticks is this process's alone.
 */
function watchLoop() {
  const EVERY_MS = 5
  const late = createHistogram()
  const busy = createHistogram()
  let firstMs
  let worst = { ms: 0, atMs: 0 }
  let at = performance.now()
  let cpu = process.cpuUsage()
  const micro = (ms) => Math.max(1, Math.round(ms * 1000))
  const tick = () => {
    const now = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    const ms = (user + system) / 1000
    if (firstMs !== undefined) {
      late.record(micro(now - at - EVERY_MS))
      busy.record(micro(ms))
      if (ms > worst.ms) worst = { ms, atMs: now }
    }
    at = now
    cpu = process.cpuUsage()
    setTimeout(tick, EVERY_MS).unref()
  }
  tick()
  subscribe('net.client.socket', () => {
    firstMs ??= performance.now()
  })
  const of = (histogram) => ({ p99Ms: histogram.percentile(99) / 1000, maxMs: histogram.max / 1000 })
  return () => {
    tick()
    return { firstMs: firstMs ?? performance.now(), late: of(late), busy: of(busy), worst }
  }
}
