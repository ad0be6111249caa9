import { statSync, writeFileSync } from 'node:fs'

/** A worker that has not touched its file for so long is ill. Unit: ms. */
export const healthyForMs = 60_000

/** Says that the worker is well: its main loop turns, and its networks answered their golden files. */
export const writeHealth = (file: string): void => writeFileSync(file, '')

export function isHealthy(file: string, now: number): boolean {
  const written = statSync(file, { throwIfNoEntry: false })
  return written !== undefined && now - written.mtimeMs <= healthyForMs
}
