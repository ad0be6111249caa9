/** Median of repeated runs after two that warm up. Unit: ms. */
export async function medianMs(repeats: number, run: () => unknown): Promise<number> {
  const times: number[] = []
  for (let index = -2; index < repeats; index++) {
    const started = performance.now()
    await run()
    if (index >= 0) times.push(performance.now() - started)
  }
  return median(times)
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
