/** Calls `visit` for every item, at most `concurrency` at a time, in order of start. The first error ends it. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  concurrency: number,
  visit: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const take = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      await visit(items[index], index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, take))
}
