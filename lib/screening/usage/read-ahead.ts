/** Runs `read` on the items of a stream, at most `limit` at a time, and yields what comes back in their order. */
export async function* readAhead<Item, Result>(
  items: AsyncIterable<Item>,
  limit: number,
  read: (item: Item) => Promise<Result>,
): AsyncIterable<Result> {
  const running: Promise<Result>[] = []
  for await (const item of items) {
    const result = read(item)
    // A failure is thrown when its turn comes; until then it must not count as an unhandled rejection.
    result.catch(() => {})
    running.push(result)
    if (running.length >= limit) yield await running.shift()!
  }
  while (running.length > 0) yield await running.shift()!
}
