/*
 * In SIIM-ACR's relative form, a start counts from the end of the run before. In an absolute code, each start lies
 * beyond the run before it. In the three public tables of relative codes at hand, of 1 to 7 % of the steps
 * from run to run that is so too; of all steps of a code of five runs it never is.
 */

export interface RunSteps {
  /** Pairs of a run and the one after it. */
  readonly steps: number
  /** Those whose second start would lie beyond the first run if both were absolute. */
  readonly increasing: number
}

export function countSteps(code: string): RunSteps {
  const numbers = code.trim().split(/\s+/).map(Number)
  let increasing = 0
  for (let at = 2; at + 1 < numbers.length; at += 2) {
    if (numbers[at] >= numbers[at - 2] + numbers[at - 1]) increasing++
  }
  return { steps: Math.max(0, Math.floor(numbers.length / 2) - 1), increasing }
}

/** Whether so many steps, all of them increasing, can hardly be chance. */
export const areAbsolute = ({ steps, increasing }: RunSteps, leastSteps: number): boolean =>
  steps >= leastSteps && increasing === steps

export const absoluteStartsRemedy =
  'Here a start is counted from the end of the previous run (SIIM-ACR): subtract that end from each start.'
