import { Command } from 'commander'

const wholeNumber = (value: string): number => {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`${value} is not a whole number above 0`)
}
const counts = (value: string): number[] => value.split(',').map((one) => (one === '0' ? 0 : wholeNumber(one)))
const wholeNumbers = (value: string): number[] => value.split(',').map(wholeNumber)
const say = (message: string): void => console.error(message)

const bench = new Command('bench')
bench
  .command('noop', { isDefault: true })
  .description('a run that finds nothing to change, beside the least that could be done over SSH')
  .option('--hosts <n>', 'hosts of the lab', wholeNumber, 12)
  .option('--runs <n>', 'pairs to measure', wholeNumber, 9)
  .option('--keep', 'leave the lab up', false)
  .action(async ({ hosts, runs, keep }: { hosts: number; runs: number; keep: boolean }) => {
    const { noop } = await import('./noop.ts')
    await noop(hosts, runs, keep)
  })
bench
  .command('fleet')
  .description('the same on fleets of simulated hosts, whose SSH servers give the answers of a real one')
  .option('--hosts <n,n>', 'sizes of fleets', wholeNumbers, [100, 1000])
  .option('--only <scenario>', 'well, trouble or lost; default: all three')
  .option('--workers <n,n>', 'numbers of worker processes to measure it with', counts, [0])
  .action(async ({ hosts, only, workers }: { hosts: number[]; only?: string; workers: number[] }) => {
    const { fleet } = await import('./fleet/fleet.ts')
    await fleet({ sizes: hosts, only, workers, say })
  })
bench
  .command('record')
  .description('records the answers that simulated hosts give, from a lab host')
  .action(async () => {
    const { record } = await import('./fleet/record.ts')
    await record(say)
  })
await bench.parseAsync()
