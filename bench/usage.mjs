// Loaded with --import into both programs that are compared: leaves what the process took in the file that it is told.
import { writeFileSync } from 'node:fs'

const file = process.env.BENCH_USAGE
if (file) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    writeFileSync(file, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakKiB: maxRSS }))
  })
}
