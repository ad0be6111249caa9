import { describe, expect, it } from 'vitest'
import { createOpenJpegReport, requestTerminationCheck } from '../../lib/adapters/codecs/open-jpeg-report.ts'

const isDamagedBy = (...lines: string[]): boolean => {
  const report = createOpenJpegReport()
  for (const line of lines) report.read(line)
  return report.isDamaged()
}
const remaining = (bytes: number) =>
  `[WARNING] PTERM check failure: ${bytes} remaining bytes in code block (10 used / 20)`
const synthesized = (bytes: number) => `[WARNING] PTERM check failure: ${bytes} synthesized 0xFF markers read`

describe('what OpenJPEG prints', () => {
  it.each([
    ['nothing of note', ['[INFO] Start to read j2k main header (0).', remaining(3), synthesized(8)], false],
    ['a few bytes left in a block', [remaining(2), remaining(9)], true],
    ['a few bytes read beyond a block', [synthesized(64)], true],
  ])('of %s', (_, lines, isDamaged) => {
    expect(isDamagedBy(...lines)).toBe(isDamaged)
  })

  it.each([
    ['many bytes left in a block', remaining(65), 'a block is 65 bytes off'],
    ['an error', '[ERROR] Malformed HT codeblock.', '[ERROR] Malformed HT codeblock.'],
  ])('of %s ends the decoding', (_, line, message) => {
    expect(() => isDamagedBy(line)).toThrow(message)
  })

  it('of one frame is forgotten for the next', () => {
    const report = createOpenJpegReport()
    report.read(remaining(20))
    report.clear()
    expect(report.isDamaged()).toBe(false)
  })
})

it('is asked for in COD and COC, up to the first tile-part', () => {
  const cod = [0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 4, 4, 0x40, 1]
  const coc = [0xff, 0x53, 0, 9, 0, 0, 5, 4, 4, 0x01, 1]
  const tilePart = [0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, 0, 0, 1]
  const codestream = Uint8Array.from([0xff, 0x4f, ...cod, ...coc, ...tilePart, ...cod])
  const before = Uint8Array.from(codestream)
  requestTerminationCheck(codestream)
  const changed = [...codestream].flatMap((byte, at) => (byte === before[at] ? [] : [[at, byte]]))
  expect(changed).toEqual([
    [2 + 12, 0x50],
    [2 + cod.length + 9, 0x11],
  ])
})
