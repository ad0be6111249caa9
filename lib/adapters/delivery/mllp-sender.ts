import type { Socket } from 'node:net'
import type { SenderTargetOfKind } from '../../delivery/delivery-config.ts'
import { oruName } from '../../delivery/delivery-contents.ts'
import { type DeliveryOutcome, refused, unavailable } from '../../delivery/delivery-outcome.ts'
import { addressMessage } from '../../delivery/mllp/address-message.ts'
import { judgeAcknowledgement } from '../../delivery/mllp/judge-acknowledgement.ts'
import type { Delivery, Sender } from '../../delivery/sender.ts'
import { describeConnectionError } from './describe-connection-error.ts'
import { openSocket, type TlsCredentials } from './open-socket.ts'

/** Messages come one by one, as receivers expect of one sender. */
const concurrency = 1
const maximumAnswerBytes = 1024 * 1024
const startOfBlock = Buffer.of(0x0b)
const endOfBlock = Buffer.of(0x1c, 0x0d)

/** Sends the stored ORU^R01, a connection each, and waits for its acknowledgement. @see HL7 v2 Transport: MLLP Release 1 */
export function createMllpSender(target: SenderTargetOfKind<'mllp'>, credentials: TlsCredentials = {}): Sender {
  return {
    concurrency,
    async send({ documents }: Delivery): Promise<DeliveryOutcome> {
      const message = addressMessage(documents.get(oruName) ?? new Uint8Array(), target)
      if (!message) return refused('not-a-message')
      const signal = AbortSignal.timeout(target.timeoutSeconds * 1000)
      try {
        const socket = await openSocket(target, credentials, signal)
        try {
          socket.write(Buffer.concat([startOfBlock, Buffer.from(message.text), endOfBlock]))
          const answer = await readBlock(socket)
          return answer ? judgeAcknowledgement(answer, message.controlId) : unavailable('answer-too-large')
        } finally {
          socket.destroy()
        }
      } catch (error) {
        return unavailable(describeConnectionError(signal.aborted ? signal.reason : error))
      }
    },
    async close() {},
  }
}

/** What stands in the first block; null when it is longer than it may be. @throws when the connection ends before */
async function readBlock(socket: Socket): Promise<Buffer | null> {
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    const end = received.indexOf(endOfBlock)
    const start = received.indexOf(startOfBlock)
    if (end > start && start >= 0) return received.subarray(start + 1, end)
    if (received.length > maximumAnswerBytes) return null
  }
  throw Object.assign(new Error('closed without an answer'), { code: 'ECLOSED' })
}
