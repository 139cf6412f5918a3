import { spareHeap } from '../../src/run/heap.ts'

// A process of its own for heap.test.ts.
console.log(spareHeap(Number(process.argv[2])))
