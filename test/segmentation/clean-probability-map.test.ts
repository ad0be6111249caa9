import { describe, expect, it } from 'vitest'
import { cleanProbabilityMap, thresholdMask } from '../../lib/screening/segmentation/clean-probability-map.ts'

const rules = { maskThreshold: 0.5, topThreshold: 0.8, minimumAreaPixels: 2, maximumHoleAreaPixels: 1 }

/** Draws a map: '.' 0.1, '+' 0.6, '#' 0.9. */
function map(...rows: string[]) {
  const levels: Record<string, number> = { '.': 0.1, '+': 0.6, '#': 0.9 }
  return {
    values: Float32Array.from(rows.join(''), (mark) => levels[mark]),
    size: { rows: rows.length, columns: rows[0].length },
  }
}

function maskAfter(rows: string[], changed: Partial<typeof rules> = {}): string[] {
  const { values, size } = map(...rows)
  const cleaned = cleanProbabilityMap(values, size, { ...rules, ...changed })
  const mask = thresholdMask(cleaned, rules.maskThreshold)
  return rows.map((_, row) =>
    [...mask.slice(row * size.columns, (row + 1) * size.columns)].map((v) => '.#'[v]).join(''),
  )
}

describe('cleaning a probability map', () => {
  it('keeps a whole component that holds enough high pixels', () => {
    expect(maskAfter(['++...', '##...', '.....'])).toEqual(['##...', '##...', '.....'])
  })

  it('drops a component with too few high pixels, however large', () => {
    expect(maskAfter(['++++#', '+++++', '.....'])).toEqual(['.....', '.....', '.....'])
  })

  it('counts pixels that lie at the top threshold, as the map can hold it', () => {
    // 0.9 lies above the nearest number of 32 bits.
    expect(maskAfter(['##...', '.....'], { topThreshold: 0.9 })).toEqual(['##...', '.....'])
    expect(maskAfter(['++...', '.....'], { topThreshold: 0.6 })).toEqual(['##...', '.....'])
  })

  it('judges components apart, diagonal neighbours together', () => {
    expect(maskAfter(['#....', '.#...', '...#.'])).toEqual(['#....', '.#...', '.....'])
  })

  it('fills a hole up to the allowed size and no larger one', () => {
    expect(maskAfter(['###..', '#.#..', '###..'])).toEqual(['###..', '###..', '###..'])
    expect(maskAfter(['####.', '#..#.', '####.'])).toEqual(['####.', '#..#.', '####.'])
  })

  it('does not take a bay at the border for a hole', () => {
    expect(maskAfter(['#.#', '###', '...'])).toEqual(['#.#', '###', '...'])
  })

  it('leaves the input as it was', () => {
    const { values, size } = map('#....', '.....')
    const before = [...values]
    cleanProbabilityMap(values, size, rules)
    expect([...values]).toEqual(before)
  })

  it('keeps everything when no area is asked for', () => {
    expect(maskAfter(['+....', '.....'], { minimumAreaPixels: 0 })).toEqual(['#....', '.....'])
  })
})
