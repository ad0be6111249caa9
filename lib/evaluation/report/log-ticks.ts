/** 1, 2 and 5 times the powers of ten within a range: readable marks of a logarithmic axis. */
export function logTicks(lowest: number, highest: number): number[] {
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest); power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number((digit * 10 ** power).toPrecision(1)))
  }
  return ticks.filter((tick) => tick >= lowest * 0.999 && tick <= highest * 1.001)
}
