import { describe, expect, it } from 'vitest'
import { MultipartError, readParts } from '../../lib/adapters/dicomweb/read-parts.ts'

async function* inPieces(body: string, pieceLength: number): AsyncIterable<Buffer> {
  for (let at = 0; at < body.length; at += pieceLength) yield Buffer.from(body.slice(at, at + pieceLength), 'latin1')
}

async function read(body: string, pieceLength: number): Promise<{ type: string | undefined; body: string }[]> {
  const parts: { type: string | undefined; body: string }[] = []
  for await (const part of readParts(inPieces(body, pieceLength), 'B')) {
    const chunks: Buffer[] = []
    for await (const chunk of part.body) chunks.push(chunk)
    parts.push({ type: part.headers.get('content-type'), body: Buffer.concat(chunks).toString('latin1') })
  }
  return parts
}

const header = 'Content-Type: application/dicom\r\n\r\n'
const type = 'application/dicom'

describe.each([1, 2, 7, 10_000])('readParts, of a body in pieces of %i bytes', (pieceLength) => {
  it.each([
    ['two parts', `--B\r\n${header}one\r\n--B\r\n${header}two\r\n--B--\r\n`, ['one', 'two']],
    ['a preamble and an epilogue', `so be it\r\n--B\r\n${header}one\r\n--B--\r\nand more`, ['one']],
    ['what looks like a boundary', `--B\r\n${header}\r\n--A\r\n-B\r\r\n--\r\n--B--`, ['\r\n--A\r\n-B\r\r\n--']],
    ['an empty part', `--B\r\n${header}\r\n--B--`, ['']],
  ])('yields %s', async (_, body, expected) => {
    expect(await read(body, pieceLength)).toEqual(expected.map((part) => ({ type, body: part })))
  })

  it('yields a part without headers', async () => {
    expect(await read('--B\r\n\r\none\r\n--B--', pieceLength)).toEqual([{ type: undefined, body: 'one' }])
  })

  it.each([
    ['has no boundary', 'nothing of the kind'],
    ['ends within a part', `--B\r\n${header}on`],
    ['ends before the closing boundary', `--B\r\n${header}one\r\n--B`],
    ['ends within the headers', '--B\r\nContent-'],
    ['has headers that do not end', `--B\r\n${'x: y\r\n'.repeat(4000)}`],
  ])('throws where a body %s', async (_, body) => {
    await expect(read(body, pieceLength)).rejects.toThrow(MultipartError)
  })
})

it('steps over what the reader leaves of a part', async () => {
  const types: (string | undefined)[] = []
  for await (const { headers } of readParts(
    inPieces(`--B\r\n${header}one\r\n--B\r\nContent-Type: b\r\n\r\ntwo\r\n--B--`, 3),
    'B',
  )) {
    types.push(headers.get('content-type'))
  }
  expect(types).toEqual([type, 'b'])
})
