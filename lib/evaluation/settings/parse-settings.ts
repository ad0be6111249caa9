import { ConfigurationError } from '../../screening/kernel/errors.ts'
import type { ImageSize } from '../../screening/kernel/geometry.ts'

/** 'image' or 'ROWSxCOLUMNS'. @throws {ConfigurationError} */
export function parseGrid(text: string): ImageSize | 'image' {
  if (text === 'image') return 'image'
  const match = /^(\d{1,5})[x×](\d{1,5})$/.exec(text)
  if (!match || Number(match[1]) === 0 || Number(match[2]) === 0) {
    throw new ConfigurationError(`'${text}' is no grid. Write 'image' or ROWSxCOLUMNS, such as 1024x1024.`)
  }
  return { rows: Number(match[1]), columns: Number(match[2]) }
}

/** '0.01,0.05': each above 0 and below 1. @throws {ConfigurationError} */
export function parseFractions(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.some((value) => !(value > 0 && value < 1))) {
    throw new ConfigurationError(`'${text}' is no list of fractions. Write numbers between 0 and 1, such as 0.01,0.05.`)
  }
  return values
}

/** 'NAME=0.3'. @throws {ConfigurationError} */
export function parseOperatingPoint(text: string): { id: string; threshold: number } {
  const [id, value] = text.split(/=(.*)/s)
  const threshold = Number(value)
  if (!id || value === undefined || value === '' || !(threshold >= 0 && threshold <= 1)) {
    throw new ConfigurationError(`'${text}' is no operating point. Write NAME=THRESHOLD, such as screening=0.3.`)
  }
  return { id, threshold }
}

/** 'train=0.7,validation=0.15,test=0.15'. @throws {ConfigurationError} when the shares do not make 1 */
export function parseSplits(text: string): { name: string; fraction: number }[] {
  const shares = text.split(',').map((part) => {
    const [name, value] = part.split('=')
    return { name: name.trim(), fraction: Number(value) }
  })
  const sum = shares.reduce((total, { fraction }) => total + fraction, 0)
  const isLegal = shares.every(({ name, fraction }) => /^[\w-]+$/.test(name) && fraction > 0)
  if (!isLegal || Math.abs(sum - 1) > 1e-6 || new Set(shares.map(({ name }) => name)).size !== shares.length) {
    throw new ConfigurationError(
      `'${text}' does not split a data set. Write NAME=SHARE, shares together 1, such as train=0.7,validation=0.15,test=0.15.`,
    )
  }
  return shares
}

/** A whole number of at least `least`. @throws {ConfigurationError} */
export function parseWhole(text: string, least: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) {
    throw new ConfigurationError(`'${text}' is not a whole number of at least ${least}.`)
  }
  return value
}
