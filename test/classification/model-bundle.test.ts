import { describe, expect, it } from 'vitest'
import { operatingPointOf, parseModelBundle } from '../../lib/screening/classification/model-bundle.ts'
import { ConfigurationError } from '../../lib/screening/kernel/errors.ts'
import { classifierBundle, segmenterBundle } from './bundles.ts'

describe('a model bundle', () => {
  it('is accepted as the training package writes it', () => {
    expect(parseModelBundle(classifierBundle, 'here')).toEqual(classifierBundle)
    expect(parseModelBundle(segmenterBundle, 'here')).toEqual(segmenterBundle)
  })

  it.each([
    [
      'a threshold of another model',
      { operatingPoints: [{ ...classifierBundle.operatingPoints[0], modelSha256: 'b'.repeat(64) }] },
      /was chosen on model bbbbbbbbbbbb/,
    ],
    ['a default operating point it does not have', { defaultOperatingPoint: 'none' }, /no operating point 'none'/],
    ['no operating point', { operatingPoints: [] }, /operatingPoints/],
    [
      'a threshold above 1',
      { operatingPoints: [{ ...classifierBundle.operatingPoints[0], threshold: 1.2 }] },
      /threshold/,
    ],
    ['a field it does not know', { treshold: 0.5 }, /treshold/],
    [
      'a mean per channel too many',
      { input: { ...classifierBundle.input, mean: [0.1, 0.2] } },
      /input.mean has 2 values/,
    ],
    ['a digest that is none', { sha256: 'abc' }, /SHA-256/],
    ['a network outside its folder', { file: '../model.onnx' }, /file/],
    ['a later schema', { schemaVersion: 2 }, /schemaVersion/],
    [
      'a label that is not there',
      { output: { logits: { ...classifierBundle.output.logits, positiveLabel: 3 } } },
      /positiveLabel 3/,
    ],
    ['a temperature of 0', { calibration: { method: 'temperature', temperature: 0 } }, /temperature/],
  ])('refuses %s', (_, change, message) => {
    const parse = () => parseModelBundle({ ...classifierBundle, ...change }, 'models/x/model.json')
    expect(parse).toThrow(ConfigurationError)
    expect(parse).toThrow(message)
    expect(parse).toThrow(/models\/x\/model\.json|test-classifier/)
  })

  it('names the operating points it has when asked for another', () => {
    expect(() => operatingPointOf(classifierBundle, 'youden')).toThrow(/It has: sensitive, specific/)
  })
})
