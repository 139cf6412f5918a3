// Loaded with --import into the programs that are measured: leaves what the process took in the file that it is told.
import { subscribe } from 'node:diagnostics_channel'
import { openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'

const file = process.env.BENCH_USAGE
if (file) {
  const loop = process.env.BENCH_LOOP ? watchLoop() : undefined
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const cpuMs = (userCPUTime + systemCPUTime) / 1000
    writeFileSync(
      file,
      JSON.stringify({ cpuMs, childrenMs: childrenMs(), peakKiB: maxRSS, ...(loop && { loop: loop() }) }),
    )
  })
}

/**
 * How late the event loop is, from the first connection on: before it, nobody waits for an answer. On a machine that others
 * use, a timer is late because of them, too. So what counts is what the main thread did between two ticks: the time that it
 * was on a processor, as the kernel counts it, and how late it was but for the time that it waited for one.
 */
function watchLoop() {
  const EVERY_MS = 5
  const [late, own, busy] = [createHistogram(), createHistogram(), createHistogram()]
  const thread = mainThread()
  let firstMs
  let worst = { ms: 0, atMs: 0 }
  let at = performance.now()
  let before = thread()
  const micro = (ms) => Math.max(1, Math.round(ms * 1000))
  const tick = () => {
    const now = performance.now()
    const { ranMs, waitedMs } = thread()
    const ms = ranMs - before.ranMs
    if (firstMs !== undefined) {
      const lateMs = now - at - EVERY_MS
      late.record(micro(lateMs))
      own.record(micro(lateMs - (waitedMs - before.waitedMs)))
      busy.record(micro(ms))
      if (ms > worst.ms) worst = { ms, atMs: now }
    }
    at = performance.now()
    before = thread()
    // Where worker processes hold the connections, from the first of those on.
    if (firstMs === undefined && process.getActiveResourcesInfo().includes('ProcessWrap')) begin()
    setTimeout(tick, EVERY_MS).unref()
  }
  const begin = () => {
    if (firstMs !== undefined) return
    // What was done before it counts for nothing.
    firstMs = at = performance.now()
    before = thread()
  }
  tick()
  subscribe('net.client.socket', begin)
  const of = (histogram) => ({ p99Ms: histogram.percentile(99) / 1000, maxMs: histogram.max / 1000 })
  return () => {
    tick()
    return { firstMs: firstMs ?? performance.now(), late: of(late), own: of(own), busy: of(busy), worst }
  }
}

/** How long the main thread has run, and waited for a processor, so far: /proc/PID/schedstat of Linux. */
function mainThread() {
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
  const buffer = Buffer.alloc(128)
  return () => {
    const text = buffer.latin1Slice(0, readSync(file, buffer, 0, buffer.length, 0))
    const [ran = Number.NaN, waited = Number.NaN] = text.split(' ').map(Number)
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 }
  }
}

/** CPU time of the processes that this one started and saw the end of: cutime and cstime of proc(5), in hundredths of a second. */
function childrenMs() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[13]) + Number(fields[14])) * 10
}
