/** '7.3 %'; small ones keep a second digit that tells something. */
export function percent(share: number): string {
  const value = share * 100
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** How long ago, in the largest unit that says it: '45 s', '12 min', '3 h 20 min', '2 d'. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}

export const sideWords = { left: "patient's left", right: "patient's right", both: 'both sides' } as const
