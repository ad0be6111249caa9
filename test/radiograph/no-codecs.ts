import type { PixelCodecs } from '../../lib/screening/kernel/ports.ts'

/** For files that must be judged before a codec sees them: every codec fails the test. */
export const noCodecs: PixelCodecs = {
  decodeFrame: () => Promise.reject(new Error('a codec was asked to decode')),
  decodeRaster: () => Promise.reject(new Error('a codec was asked to decode')),
  encodeGreyPng: () => Promise.reject(new Error('a codec was asked to encode')),
}
