/** What one run took. Unit: ms. `processor`: user and system, all threads of this process. */
export interface Sample {
  readonly wall: number
  readonly processor: number
}

/** Runs once. On a shared machine wall time says how busy its neighbours are; processor time says what a run costs. */
export async function sampleOnce(run: () => unknown): Promise<Sample> {
  const usage = process.cpuUsage()
  const started = performance.now()
  await run()
  const wall = performance.now() - started
  const { user, system } = process.cpuUsage(usage)
  return { wall, processor: (user + system) / 1000 }
}

/** Repeated runs after two that warm up. */
export async function sample(repeats: number, run: () => unknown): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let index = -2; index < repeats; index++) {
    const taken = await sampleOnce(run)
    if (index >= 0) samples.push(taken)
  }
  return samples
}

/** Median wall time of repeated runs after two that warm up. Unit: ms. */
export const medianMs = async (repeats: number, run: () => unknown): Promise<number> =>
  median((await sample(repeats, run)).map(({ wall }) => wall))

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/** Median and interquartile range: half of the runs lie within it. */
export function spreadOf(values: readonly number[], format: (value: number) => string = ms): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]
  return `${format(median(values))} (${format(at(0.25))} to ${format(at(0.75))})`
}

export const processorOf = (samples: readonly Sample[]): number[] => samples.map(({ processor }) => processor)
export const wallOf = (samples: readonly Sample[]): number[] => samples.map(({ wall }) => wall)

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
