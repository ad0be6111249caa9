import { describe, expect, it } from 'vitest'
import { PduReader, ProtocolError } from '../../lib/adapters/dicom-network/pdu-reader.ts'
import { associateRequest, fragment, pdu, radiographs, releaseRequest } from './pdus.ts'

const data = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 31) % 256))
const sent = [
  associateRequest([radiographs]),
  fragment(1, data, { isCommand: false, isLast: false }),
  fragment(1, Buffer.alloc(0), { isCommand: false, isLast: true }),
  releaseRequest,
]

describe('PduReader', () => {
  it.each([1, 5, 6, 7, 13, 1000, 100_000])('cuts what arrives in pieces of %i bytes into whole PDUs', (length) => {
    const whole = Buffer.concat(sent)
    const reader = new PduReader()
    const pdus: Buffer[] = []
    for (let at = 0; at < whole.length; at += length) pdus.push(...reader.push(whole.subarray(at, at + length)))
    expect(pdus.map((bytes) => bytes.toString('hex'))).toEqual(sent.map((bytes) => bytes.toString('hex')))
  })

  it('keeps what begins until it is whole', () => {
    const reader = new PduReader()
    expect(reader.push(sent[1].subarray(0, 100))).toEqual([])
    expect(reader.push(sent[1].subarray(100))).toHaveLength(1)
  })

  it.each([
    ['type', pdu(0x02, Buffer.alloc(0))],
    ['length', Buffer.from('0400ffffffff', 'hex')],
    ['length of a release', Buffer.from('050000000005', 'hex')],
  ])('refuses a wrong %s at its header', (_, header) => {
    expect(() => new PduReader().push(header)).toThrow(ProtocolError)
  })
})
