/** P values adjusted for testing them all, in the order given. @see Holm 1979, Scandinavian Journal of Statistics 6:65 */
export function holmAdjusted(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a] - p[b])
  const adjusted = new Array<number>(p.length)
  let floor = 0
  order.forEach((test, place) => {
    floor = Math.max(floor, Math.min(1, (p.length - place) * p[test]))
    adjusted[test] = floor
  })
  return adjusted
}
