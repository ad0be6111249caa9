import type { FrameFacts } from '../../contract/frame.ts'

/** A mask as the API takes it: an opaque PNG of white and black, by the browser's own encoder. @param mask 0/1 */
export async function encodeMask(mask: Uint8Array, { rows, columns }: FrameFacts): Promise<string> {
  const canvas = new OffscreenCanvas(columns, rows)
  const drawing = canvas.getContext('2d', { alpha: false })!
  const picture = new ImageData(columns, rows)
  // Red, green, blue and alpha at once, whichever end comes first: white, or black that covers.
  const pixels = new Uint32Array(picture.data.buffer)
  const [black] = new Uint32Array(new Uint8Array([0, 0, 0, 255]).buffer)
  for (let at = 0; at < mask.length; at++) pixels[at] = mask[at] === 0 ? black : 0xffffffff
  drawing.putImageData(picture, 0, 0)
  const blob = await canvas.convertToBlob({ type: 'image/png' })
  return base64Of(new Uint8Array(await blob.arrayBuffer()))
}

function base64Of(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)))
  return btoa(parts.join(''))
}
